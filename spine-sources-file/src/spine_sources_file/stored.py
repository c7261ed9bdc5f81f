"""The bytes of a file: as they are stored, hashed beside whoever parses them, and decompressed."""

from __future__ import annotations

import hashlib
import io
import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from typing import BinaryIO

from spine.core.errors import SourceUnavailableError
from spine.framework.sources.formats import detect_compression
from spine_sources_file.compression import decompressed, most_bytes, refuse_more
from spine_sources_file.files import LocalFile, StoredFile
from spine_sources_file.typed import reading

_CHUNK = 1 << 20


class StoredBytes:
    """The bytes of one file, read once. Their digest is computed in a thread beside whoever parses them."""

    def __init__(self, file: StoredFile, max_bytes: int | None = None) -> None:
        self.label = file.label
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
        with decompressed(io.BytesIO(self.stored), self.label, self._most) as stream:
            return b"".join(iter(lambda: stream.read(_CHUNK), b""))


class OpenFile:
    """One opened local file, for readers that jump about in it.

    It is hashed from the same open file meanwhile, and has to be the same file afterwards.
    """

    def __init__(self, file: LocalFile, max_bytes: int | None = None) -> None:
        self.label = file.label
        self._file = file
        self._max_bytes = max_bytes
        self._digest: Future[str] | None = None

    @contextmanager
    def hashed(self) -> Iterator[BinaryIO]:
        """Give the opened file; leaving the block raises a SourceUnavailableError if it was written to meanwhile."""
        with reading(self.label), self._file.open() as file:
            before = os.fstat(file.fileno())
            self.size = before.st_size
            self.modified: datetime | None = self._file.modified()
            refuse_more(self.label, self.size, self._max_bytes)
            with _beside(lambda: _hash_descriptor(file.fileno())) as self._digest:
                yield file
            after = os.fstat(file.fileno())
            if (before.st_size, before.st_mtime_ns) != (after.st_size, after.st_mtime_ns):
                raise SourceUnavailableError(f"{self.label} was written to while it was read; fetch it again")

    @property
    def digest(self) -> str:
        assert self._digest is not None, "ask for it after hashed()"
        return self._digest.result()


@contextmanager
def opened(file: StoredFile, max_bytes: int | None = None) -> Iterator[BinaryIO]:
    """Open a file for reading without its compression; errors while it is read are typed."""
    with reading(file.label):
        size = file.size()
    most = most_bytes(file.label, size, max_bytes)
    if detect_compression(file.label) is None:
        refuse_more(file.label, size, most)
        most = None
    with reading(file.label):
        stream = file.open()
    with stream, decompressed(stream, file.label, most) as content:
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
