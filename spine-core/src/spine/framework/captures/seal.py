"""Seal of a payload: hashes that cover each byte of its file, stored in front of the Parquet footer.

Parquet's own checksums cover the content of pages, not their headers, the schema or the names of columns. Parquet
readers ignore bytes that the footer does not refer to, so any of them can read a sealed file.

The seal is the SHA-256 of each section of the file, a mark, their number, and the SHA-256 of the content hash that
names the file, the hashes before, and the footer. A section goes from the start of one column chunk to the start of the
next, so that a reader of a few columns checks what it reads and nothing else. Files of earlier versions have one hash
of the whole file (mark `SPSEAL1`), or none.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import BinaryIO, Protocol

from attrs import frozen

_WHOLE = b"SPSEAL1\n"
_SECTIONS = b"SPSEAL2\n"
_HASH = hashlib.sha256().digest_size
_COUNT = 8  # bytes of the number of sections
_MAGIC = b"PAR1"
_LENGTH = 4  # bytes of the footer's length, in front of the magic at the end
_CHUNK = 2**20
_LIKELY = 2**16  # bytes at the end of a file that mostly hold the footer and the seal

Progress = Callable[[int], None]


class Bytes(Protocol):
    """File that is read by places, from several threads at once."""

    @property
    def size(self) -> int:
        """Size in bytes."""
        ...

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` up to `stop`, fewer only if the file is shorter."""
        ...


@frozen
class Tail:
    """End of a Parquet file: its footer, where that starts, and the seal in front of it; `sealed_from` is its start.

    `sections` are the hashes of the sections, None in a file of an earlier version; `whole` is the hash of one with
    the first kind of seal. `is_sound` is false if the tail is not as it was sealed, None without a seal of sections.
    """

    footer: bytes
    sealed_from: int
    sections: Sequence[bytes] | None = None
    whole: bytes | None = None
    is_sound: bool | None = None

    @property
    def as_file(self) -> bytes:
        """A Parquet file with this footer and without data, to read the metadata from."""
        return _MAGIC + self.footer


def seal(file: BinaryIO, content_hash: str, starts: Callable[[bytes], Sequence[int]]) -> None:
    """Insert the seal into a complete Parquet file, which is open for reading and writing.

    `starts` returns the start of each column chunk, given a file with the same footer and without data.
    """
    source = _Open(file)
    place = _footer_start(source)
    if place is None:
        raise ValueError("only a complete Parquet file can be sealed")
    start, footer = place
    hashes = [_hash(source, *section) for section in sections(starts(_MAGIC + footer), start)]
    total = _total(content_hash, hashes, footer)
    file.seek(start)
    file.write(b"".join(hashes) + _SECTIONS + len(hashes).to_bytes(_COUNT, "little") + total + footer)


def read_tail(source: Bytes, content_hash: str) -> Tail | None:
    """Return the end of a Parquet file named by `content_hash`; None if the file does not end as one."""
    place = _footer_start(source)
    if place is None:
        return None
    start, footer = place
    before = source.read(max(0, start - len(_SECTIONS) - _COUNT - _HASH), start)
    mark, total = before[: -_COUNT - _HASH], before[-_HASH:]
    if mark == _SECTIONS:
        count = int.from_bytes(before[-_COUNT - _HASH : -_HASH], "little")
        sealed_from = start - len(before) - count * _HASH
        if sealed_from < 0:
            return Tail(footer, start, [], is_sound=False)
        joined = source.read(sealed_from, start - len(before))
        hashes = [joined[place : place + _HASH] for place in range(0, len(joined), _HASH)]
        return Tail(footer, sealed_from, hashes, is_sound=_total(content_hash, hashes, footer) == total)
    if before[-len(_WHOLE) - _HASH : -_HASH] == _WHOLE:
        return Tail(footer, start - len(_WHOLE) - _HASH, whole=total)
    return Tail(footer, start)


def sections(starts: Sequence[int], end: int) -> list[tuple[int, int]]:
    """Return start and stop of each section of a file whose column chunks begin at `starts` and whose data at `end`."""
    borders = [0, *sorted(starts)[1:], end]
    return list(pairwise(borders))


def is_whole(source: Bytes, tail: Tail, content_hash: str, progress: Progress) -> bool:
    """Return whether a file with the first kind of seal is as it was sealed, by reading all of it."""
    total = hashlib.sha256(content_hash.encode())
    for start in range(0, tail.sealed_from, _CHUNK):
        chunk = source.read(start, min(start + _CHUNK, tail.sealed_from))
        total.update(chunk)
        progress(len(chunk))
    total.update(tail.footer)
    return total.digest() == tail.whole


class _Open:
    """Bytes of an open Python file, for one thread."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.size = file.seek(0, os.SEEK_END)

    def read(self, start: int, stop: int) -> bytes:
        self._file.seek(start)
        return self._file.read(stop - start)


def _footer_start(source: Bytes) -> tuple[int, bytes] | None:
    """Return where the footer starts, and the footer with its length and the magic."""
    end = source.read(max(0, source.size - _LIKELY), source.size)
    if source.size < 2 * len(_MAGIC) + _LENGTH or not end.endswith(_MAGIC):
        return None
    length = int.from_bytes(end[-_LENGTH - len(_MAGIC) : -len(_MAGIC)], "little") + _LENGTH + len(_MAGIC)
    start = source.size - length
    if start < len(_MAGIC):
        return None
    return start, end[-length:] if length <= len(end) else source.read(start, source.size)


def _hash(source: Bytes, start: int, stop: int) -> bytes:
    return hashlib.sha256(source.read(start, stop)).digest()


def _total(content_hash: str, hashes: Sequence[bytes], footer: bytes) -> bytes:
    total = hashlib.sha256(content_hash.encode())
    for part in (*hashes, footer):
        total.update(part)
    return total.digest()
