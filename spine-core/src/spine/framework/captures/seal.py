"""Seal of a payload: a hash of its whole file, stored in front of the Parquet footer.

Parquet's own checksums cover the content of pages, not their headers, the schema or the names of columns. Parquet
readers ignore bytes that the footer does not refer to, so any of them can read a sealed file.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

_MARK = b"SPSEAL1\n"
_SIZE = len(_MARK) + hashlib.sha256().digest_size
_MAGIC = b"PAR1"
_LENGTH = 4  # bytes of the footer's length, in front of the magic at the end
_CHUNK = 2**20

Progress = Callable[[int], None]


def _silent(_bytes: int) -> None:
    """Report no progress."""


def seal(file: BinaryIO, content_hash: str) -> None:
    """Insert the seal into a complete Parquet file, which is open for reading and writing."""
    start = _footer_start(file)
    if start is None:
        raise ValueError("only a complete Parquet file can be sealed")
    file.seek(start)
    footer = file.read()
    digest = _digest(file, start, footer, content_hash)
    file.seek(start)
    file.write(_MARK + digest + footer)


def check_seal(path: Path, content_hash: str, progress: Progress = _silent) -> bool | None:
    """Return whether the file is as it was sealed for that content; None for a file without a seal.

    `progress` gets the number of bytes of each chunk that was read.
    """
    with path.open("rb") as file:
        start = _footer_start(file)
        if start is None or start < _SIZE:
            return None
        file.seek(start - _SIZE)
        tail = file.read()
        if not tail.startswith(_MARK):
            return None
        digest = _digest(file, start - _SIZE, tail[_SIZE:], content_hash, progress)
    return digest == tail[len(_MARK) : _SIZE]


def _footer_start(file: BinaryIO) -> int | None:
    size = file.seek(0, os.SEEK_END)
    if size < 2 * len(_MAGIC) + _LENGTH:
        return None
    file.seek(size - _LENGTH - len(_MAGIC))
    end = file.read()
    start = size - len(end) - int.from_bytes(end[:_LENGTH], "little")
    return start if end.endswith(_MAGIC) and start >= len(_MAGIC) else None


def _digest(file: BinaryIO, length: int, footer: bytes, content_hash: str, progress: Progress = _silent) -> bytes:
    """Return the hash of the first `length` bytes, the footer, and the content hash that names the file."""
    total = hashlib.sha256(content_hash.encode())
    file.seek(0)
    while length and (chunk := file.read(min(_CHUNK, length))):
        total.update(chunk)
        length -= len(chunk)
        progress(len(chunk))
    total.update(footer)
    return total.digest()
