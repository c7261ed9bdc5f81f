"""Bytes of a file: as stored, hashed in parallel with the parser, and decompressed."""

from __future__ import annotations

import hashlib
import io
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO, cast

from spine.formats.fileformat import detect_compression
from spine.formats.limits import refuse_more
from spine_sources_file.compression import decompressed, most_bytes
from spine_sources_file.files import LocalFile, StoredFile
from spine_sources_file.typed import reading

_CHUNK = 1 << 20
_MOST_WAITING = 8  # chunks that may wait for their hash


class StoredBytes:
    """The bytes of one file, read once. Their digest is computed in a thread beside the parser."""

    def __init__(self, file: StoredFile, max_bytes: int | None = None, member: str | None = None) -> None:
        self.label = file.label
        self._member = member
        with reading(file.label), file.open() as opened_file:
            self.modified = file.modified()
            if detect_compression(file.label) is None:
                refuse_more(file.label, file.size(), max_bytes)
            self.stored = opened_file.read()
        self.size = len(self.stored)
        self._most = most_bytes(file.label, self.size, max_bytes)
        self._digest: Future[str] | None = None

    @contextmanager
    def hashed(self) -> Iterator[None]:
        """Compute the digest while the block runs."""
        with _beside(lambda: hashlib.sha256(self.stored).hexdigest()) as self._digest:
            yield

    @property
    def digest(self) -> str:
        assert self._digest is not None, "ask for it after hashed()"
        return self._digest.result()

    def content(self) -> bytes:
        """Return the bytes without their compression."""
        if detect_compression(self.label) is None:
            return self.stored
        with decompressed(io.BytesIO(self.stored), self.label, self._most, self._member) as stream:
            return b"".join(iter(lambda: stream.read(_CHUNK), b""))


class OpenFile:
    """One opened local file, for readers with random access.

    It is hashed from the same open file meanwhile, and must not change.
    """

    def __init__(self, file: LocalFile, max_bytes: int | None = None) -> None:
        self.label = file.label
        self._file = file
        self._max_bytes = max_bytes
        self._digest: Future[str] | None = None

    @contextmanager
    def hashed(self) -> Iterator[BinaryIO]:
        """Yield the opened file; leaving the block raises a SourceUnavailableError if it was written to meanwhile."""
        with reading(self.label), self._file.open() as file:
            self.size = os.fstat(file.fileno()).st_size
            self.modified: datetime | None = self._file.modified()
            refuse_more(self.label, self.size, self._max_bytes)
            with _beside(lambda: _hash_descriptor(file.fileno())) as self._digest:
                yield file

    @property
    def digest(self) -> str:
        assert self._digest is not None, "ask for it after hashed()"
        return self._digest.result()


class HashedFile:
    """A file that is hashed while it is read from front to back, in a thread beside the reader.

    It may be read again from the start: `digest` and `size` are those of the last time.
    """

    def __init__(self, file: StoredFile, max_bytes: int | None = None) -> None:
        self.digest = ""
        self.size = 0
        self.modified: datetime | None = None
        self._file = file
        self._max_bytes = max_bytes

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """Yield the decompressed content; leaving the block reads and hashes what is left of the file."""
        with _stored(self._file, self._max_bytes) as (stream, most):
            self.modified = self._file.modified()
            with ThreadPoolExecutor(1, "spine-hash") as pool:
                hashing = _Hashing(stream, pool)
                with decompressed(cast("BinaryIO", hashing), self._file.label, most) as content:
                    yield content
                with reading(self._file.label):
                    self.digest = hashing.finish()
                self.size = hashing.size


class _Hashing(io.BufferedIOBase):
    """Stream that passes the bytes read to a hashing thread."""

    def __init__(self, stream: BinaryIO, pool: ThreadPoolExecutor) -> None:
        self._stream = stream
        self._pool = pool
        self._digest = hashlib.sha256()
        self._waiting: deque[Future[None]] = deque()
        self.size = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1) -> bytes:
        chunk = self._stream.read(-1 if size is None else size)
        self.size += len(chunk)
        self._waiting.append(self._pool.submit(self._digest.update, chunk))
        if len(self._waiting) > _MOST_WAITING:
            self._waiting.popleft().result()
        return chunk

    read1 = read

    def finish(self) -> str:
        while self.read(_CHUNK):
            pass
        for hashed in self._waiting:
            hashed.result()
        return self._digest.hexdigest()


@contextmanager
def _stored(file: StoredFile, max_bytes: int | None) -> Iterator[tuple[BinaryIO, int | None]]:
    """Open a file as it is stored, and return its size limit when decompressed."""
    with reading(file.label):
        stream = file.open()
    with stream:
        with reading(file.label):
            size = file.size()
        most = most_bytes(file.label, size, max_bytes)
        if detect_compression(file.label) is None:
            refuse_more(file.label, size, most)
        yield stream, most


@contextmanager
def opened(file: StoredFile, max_bytes: int | None = None, member: str | None = None) -> Iterator[BinaryIO]:
    """Open a file for reading without its compression; errors while it is read are typed."""
    with _stored(file, max_bytes) as (stream, most), decompressed(stream, file.label, most, member) as content:
        yield content


def digest_of(file: StoredFile) -> str:
    """Return the SHA-256 of a file as it is stored, in hexadecimal."""
    with reading(file.label), file.open() as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()  # type: ignore[arg-type]  # fsspec's files will do


@contextmanager
def _beside(work: Callable[[], str]) -> Iterator[Future[str]]:
    with ThreadPoolExecutor(1, "spine-hash") as pool:
        yield pool.submit(work)


def _hash_descriptor(descriptor: int) -> str:
    digest, offset = hashlib.sha256(), 0
    while chunk := os.pread(descriptor, _CHUNK, offset):
        digest.update(chunk)
        offset += len(chunk)
    return digest.hexdigest()
