"""File of an SFTP server: read ahead from front to back, or at any position."""

from __future__ import annotations

import asyncio
import io
import os
from collections import deque
from concurrent.futures import Future
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, BinaryIO, cast

import asyncssh
from attrs import define, field

from spine.core.errors import SourceError, SourceUnavailableError
from spine_sources_sftp.connection import Connection

_CHUNK = 1 << 18  # bytes that are asked for at once
_MOST_AHEAD = 16  # chunks that are asked for before they are needed


@define
class SftpFile:
    """File of a server, with what a listing said of it until it is opened."""

    label: str
    _path: bytes = field(repr=False)
    _said: asyncssh.SFTPAttrs = field(repr=False, eq=False)
    _connection: Connection = field(repr=False, eq=False)

    def open(self) -> BinaryIO:
        sftp = self._connection.sftp
        file, self._said = self._connection.call(_opened(sftp, self._path), self.label)
        return cast("BinaryIO", _Stream(_RemoteBytes(self._connection, self.label, file, self._said, self.size())))

    def size(self) -> int:
        if self._said.size is None:
            raise SourceError(f"{self.label} cannot be read: the server does not say how many bytes it has")
        return self._said.size

    def modified(self) -> datetime | None:
        """Return the time of modification, None if the server does not say it."""
        try:
            return None if self._said.mtime is None else datetime.fromtimestamp(self._said.mtime, UTC)
        except (OverflowError, ValueError, OSError):  # a number of the server's
            return None


async def _opened(sftp: asyncssh.SFTPClient, path: bytes) -> tuple[asyncssh.SFTPClientFile, asyncssh.SFTPAttrs]:
    file = await sftp.open(path, "rb", block_size=None)  # the parallel reads of asyncssh itself cannot be cancelled
    return file, await file.stat()


async def _read(file: asyncssh.SFTPClientFile, offset: int, length: int) -> bytes:
    """Return `length` bytes, fewer at the end of the file; an answer may bring a part only."""
    parts: list[bytes] = []
    missing = length
    while missing > 0:
        part: bytes = await file.read(missing, offset + length - missing)
        if not part:
            break
        parts.append(part)
        missing -= len(part)
    return parts[0] if len(parts) == 1 else b"".join(parts)


async def _read_blocks(file: asyncssh.SFTPClientFile, offset: int, length: int, block: int) -> bytes:
    """Return `length` bytes, asked for in blocks of what the server answers at once."""
    starts = range(offset, offset + length, block)
    return b"".join(
        await asyncio.gather(*(_read(file, start, min(block, offset + length - start)) for start in starts))
    )


class _RemoteBytes(io.RawIOBase):
    """The bytes of an opened file. It asks for the more chunks ahead, the longer it is read without a seek."""

    def __init__(
        self,
        connection: Connection,
        label: str,
        file: asyncssh.SFTPClientFile,
        said: asyncssh.SFTPAttrs,
        size: int,
    ) -> None:
        self._connection = connection
        self._label = label
        self._file = file
        self._said = said
        self._size = size
        self._block = max(1, min(connection.sftp.limits.max_read_len or _CHUNK, _CHUNK))
        self._chunk = _CHUNK // self._block * self._block
        self._position = 0
        self._asked = 0  # up to where chunks were asked for
        self._ahead: deque[tuple[int, Future[bytes]]] = deque()
        self._rest = memoryview(b"")
        self._window = 1
        self._is_checked = False

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("the position is before the start of the file")
        if start + offset != self._position:
            self._forget()
            self._position = self._asked = start + offset
            self._is_checked = False
        return self._position

    def readinto(self, buffer: Any) -> int:
        if not self._rest:
            self._rest = memoryview(self._next(len(buffer)))
        given = min(len(buffer), len(self._rest))
        buffer[:given] = self._rest[:given]
        self._rest = self._rest[given:]
        self._position += given
        return given

    def readall(self) -> bytes:
        chunks = [bytes(self._rest)]
        self._rest = memoryview(b"")
        while chunk := self._next(self._size):
            chunks.append(chunk)
        content = b"".join(chunks)
        self._position += len(content)
        return content

    def check_unchanged(self) -> None:
        """Raise a SourceUnavailableError if the file is not as it was opened, or not of the size that the server said.

        It is checked once after the last bytes that were read.
        """
        if self._is_checked or self.closed:
            return
        self._is_checked = True
        beyond, now = self._connection.call(self._look(), self._label)
        if beyond or (now.size, now.mtime) != (self._said.size, self._said.mtime):
            raise self._changed()

    def close(self) -> None:
        if not self.closed:
            self._forget()
            self._connection.finish(self._file.close())
        super().close()

    async def _look(self) -> tuple[bytes, asyncssh.SFTPAttrs]:
        return await asyncio.gather(self._file.read(1, self._size), self._file.stat())

    def _next(self, wanted: int) -> bytes:
        """Return the next chunk, empty at the end of the file."""
        chunks = min(_MOST_AHEAD, max(self._window, -(-wanted // self._chunk)))
        while self._asked < self._size and len(self._ahead) < chunks:
            length = min(self._chunk, self._size - self._asked)
            self._ahead.append((length, self._begun(length)))
            self._asked += length
        if not self._ahead:
            self.check_unchanged()
            return b""
        length, begun = self._ahead.popleft()
        chunk = self._connection.wait(begun, self._label)
        if len(chunk) != length:
            raise self._changed()
        self._window = min(_MOST_AHEAD, self._window * 2)
        return chunk

    def _begun(self, length: int) -> Future[bytes]:
        return self._connection.begin(_read_blocks(self._file, self._asked, length, self._block))

    def _forget(self) -> None:
        for _, begun in self._ahead:
            begun.cancel()
        self._ahead.clear()
        self._rest = memoryview(b"")
        self._window = 1

    def _changed(self) -> SourceUnavailableError:
        return SourceUnavailableError(f"{self._label} was written to while it was read; fetch it again")


class _Stream(io.BufferedReader):
    """Buffered stream of the file; a block that ends well ends with the check that the file did not change."""

    raw: _RemoteBytes

    def __init__(self, raw: _RemoteBytes) -> None:
        super().__init__(raw, _CHUNK)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self.raw.check_unchanged()
        finally:
            self.close()
