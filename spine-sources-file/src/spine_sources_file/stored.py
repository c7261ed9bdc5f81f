"""The bytes of a file: as they are stored, hashed, and decompressed; every failure to read them a typed error."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import zlib
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from spine.core.errors import ErrorCategory, ParseError, SourceError, SourceNotFoundError
from spine.core.tables import require_arrow
from spine.framework.sources.formats import Compression, detect_compression

_DAMAGED = (EOFError, zlib.error, lzma.LZMAError, gzip.BadGzipFile)


class StoredBytes:
    """The bytes of one file, read once. Their digest is computed in a thread beside whoever parses them."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with reading(path), path.open("rb") as file:
            self.modified = datetime.fromtimestamp(os.fstat(file.fileno()).st_mtime, UTC)
            self.stored = file.read()
        self._digest: Future[str] | None = None

    @contextmanager
    def hashed(self) -> Iterator[None]:
        """Compute the digest while the block runs."""
        with ThreadPoolExecutor(1, "spine-hash") as pool:
            self._digest = pool.submit(lambda: hashlib.sha256(self.stored).hexdigest())
            yield

    @property
    def digest(self) -> str:
        return hashlib.sha256(self.stored).hexdigest() if self._digest is None else self._digest.result()

    def content(self) -> bytes:
        """Return the bytes without their compression."""
        if detect_compression(self.path) is None:
            return self.stored
        with decompressed(io.BytesIO(self.stored), self.path) as stream, reading(self.path):
            return bytes(stream.read())


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turn what goes wrong while the file is read into a typed error."""
    try:
        yield
    except FileNotFoundError as error:
        raise SourceNotFoundError(f"{path} does not exist", cause=error) from error
    except IsADirectoryError as error:
        raise SourceError(f"{path} is a folder", cause=error) from error
    except PermissionError as error:
        raise SourceError(
            f"{path} cannot be read: permission denied; grant this user the right to read it",
            category=ErrorCategory.AUTH,
            cause=error,
        ) from error
    except _DAMAGED as error:
        raise damaged(path, error) from error
    except OSError as error:
        compressed = detect_compression(path) is not None and error.errno is None
        if compressed:  # bz2 and zstandard say so, without an error number
            raise damaged(path, error) from error
        raise SourceError(f"{path} cannot be read: {error.strerror or error}", cause=error) from error


def damaged(path: Path, error: Exception) -> ParseError:
    """Return the error for a file that is cut off or not what its suffix says."""
    return ParseError(f"{path} is damaged or incomplete: {error}; fetch the file again", cause=error)


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Open a file for reading without its compression; errors while it is read are typed."""
    with reading(path):
        file = path.open("rb")
    with file, decompressed(file, path) as stream:
        yield stream if stream is file else io.BufferedReader(_TypedErrors(stream, path))


def decompressed(file: BinaryIO, path: Path) -> Any:
    """Return a stream of the bytes without the compression that the suffix names."""
    match detect_compression(path):
        case Compression.GZ:
            return gzip.open(file)
        case Compression.BZ2:
            return bz2.open(file)
        case Compression.XZ:
            return lzma.open(file)
        case Compression.ZST:
            return require_arrow("Reading zstandard").CompressedInputStream(file, "zstd")
        case None:
            return file


class _TypedErrors(io.RawIOBase):
    """A decompressing stream whose failures name the file."""

    def __init__(self, stream: Any, path: Path) -> None:
        self._stream = stream
        self._path = path

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        with reading(self._path):
            chunk = self._stream.read(len(buffer))
        buffer[: len(chunk)] = chunk
        return len(chunk)
