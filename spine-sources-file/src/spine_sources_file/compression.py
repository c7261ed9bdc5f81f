"""Compressed files as decompressed streams with a size limit."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, BinaryIO

from spine.core.errors import ParseError
from spine.core.tables import require_arrow
from spine.formats.fileformat import Compression, detect_compression
from spine.formats.limits import refuse_more, usual_most
from spine_sources_file.typed import reading


def most_bytes(label: str, stored: int, max_bytes: int | None) -> int | None:
    """Return how many bytes a file may have decompressed, None for any number."""
    if max_bytes is not None or detect_compression(label) is None:
        return max_bytes
    return usual_most(stored)


@contextmanager
def decompressed(file: BinaryIO, label: str, most: int | None, member: str | None = None) -> Iterator[BinaryIO]:
    """Yield the bytes of an opened file, decompressed by its suffix; `member` is the pattern of a zip's file."""
    if detect_compression(label) is None:
        yield file
        return
    with reading(label):
        stream = _decompressor(file, label, member)
    with stream:
        yield io.BufferedReader(_Guarded(stream, label, most), 1 << 16)


def _decompressor(file: BinaryIO, label: str, member: str | None) -> Any:
    match detect_compression(label):
        case Compression.GZ:
            return gzip.open(file)
        case Compression.BZ2:
            return bz2.open(file)
        case Compression.XZ:
            return lzma.open(file)
        case Compression.ZST:
            return require_arrow("Reading zstandard").CompressedInputStream(file, "zstd")
        case Compression.ZIP:
            return _only_member(file, label, member)
        case None:
            return file


def _only_member(file: BinaryIO, label: str, pattern: str | None) -> Any:
    archive = zipfile.ZipFile(file)
    members = [member for member in archive.infolist() if not member.is_dir() and not _is_hidden(member.filename)]
    if pattern is not None:
        members = [member for member in members if fnmatchcase(member.filename, pattern)]
    if len(members) != 1:
        _refuse_members(label, members, pattern)
    name = members[0].filename
    if name.startswith(("/", "\\")) or ".." in PurePosixPath(name.replace("\\", "/")).parts:
        raise ParseError(f"{label} is unsafe: its file {name!r:.80} leads out of the archive; create it again")
    try:
        return archive.open(members[0])
    except (RuntimeError, NotImplementedError) as error:  # with a password, or of an unusual compression
        raise ParseError(
            f"{label} cannot be unpacked: {error}; pack it without a password and with a common method", cause=error
        ) from error


def _is_hidden(name: str) -> bool:
    """Return True for what systems add to an archive: `__MACOSX` and names that start with a dot."""
    path = PurePosixPath(name)
    return path.parts[:1] == ("__MACOSX",) or (path.name.startswith(".") and not path.name.startswith(".."))


def _refuse_members(label: str, members: list[zipfile.ZipInfo], pattern: str | None) -> None:
    names = ", ".join(repr(member.filename[:80]) for member in members[:4]) + (", ..." if members[4:] else "")
    if pattern is None:
        said = f"holds {len(members)} files{': ' + names if names else ''}"
        raise ParseError(f'{label} {said}; name the one to read: member = "*.csv"')
    said = f"{len(members)} files of it match: {names}" if members else "no file of it matches"
    raise ParseError(f"{label}: {said}; member = {pattern!r} must match exactly one")


class _Guarded(io.RawIOBase):
    """Stream whose errors name the file, limited to `most` bytes."""

    def __init__(self, stream: Any, label: str, most: int | None) -> None:
        self._stream = stream
        self._label = label
        self._most = most
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with reading(self._label):
            chunk = self._stream.read(len(buffer))
        self._given += len(chunk)
        refuse_more(self._label, self._given, self._most)
        buffer[: len(chunk)] = chunk
        return len(chunk)
