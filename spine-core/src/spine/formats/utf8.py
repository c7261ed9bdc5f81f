"""A byte stream as UTF-8 text without a byte-order mark, checked for bytes that the fast reader cannot handle."""

from __future__ import annotations

import codecs
from typing import BinaryIO

from spine.formats.dialect import DelimitedOptions


class Unsure(Exception):
    """The fast reader might misread this text; the exact one is used."""


class Quoted(Unsure):
    """The text has quotes, which the fastest mode does not handle."""


class Utf8Stream:
    """The stream for pyarrow.csv.

    A sequence of `suspects` raises Unsure, a `quote` Quoted; a missing last line end is added.
    """

    closed = False

    def __init__(
        self, stream: BinaryIO, options: DelimitedOptions, suspects: tuple[bytes, ...], quote: bytes | None = None
    ) -> None:
        self._stream = stream
        self._quote = quote
        self._decoder = None if options.is_utf8 else codecs.getincrementaldecoder(options.encoding)()
        self._suspects = suspects
        self._ready = b""
        self._watching = False
        self._last = b"\n"
        self._before = b"\n"  # the possible start of a suspect; the rows start on a new line

    def read(self, size: int) -> bytes:
        chunk = self._ready or self._next(size)
        chunk, self._ready = chunk[:size], chunk[size:]  # pyarrow writes past its buffer if it gets more
        if self._watching:
            self._watch(chunk)
        return chunk

    def put_back(self, rest: bytes) -> None:
        """Put bytes back at the front; the rows follow, and are checked."""
        self._ready = rest
        self._watching = True

    def close(self) -> None:
        self.closed = True

    def _next(self, size: int) -> bytes:
        while True:
            raw = self._stream.read(size)
            chunk = raw if self._decoder is None else self._decoder.decode(raw, final=not raw).encode()
            if chunk or not raw:
                break
        if not chunk and self._last not in b"\r\n":
            chunk = b"\n"
        self._last = chunk[-1:] or b"\n"
        return chunk

    def _watch(self, chunk: bytes) -> None:
        if self._quote is not None and self._quote in chunk:
            raise Quoted
        longest = max(map(len, self._suspects))
        seam = self._before + chunk[: longest - 1]
        if any(suspect in chunk or suspect in seam for suspect in self._suspects):
            raise Unsure
        self._before = (self._before + chunk[-longest:])[-longest + 1 :] if longest > 1 else b""
