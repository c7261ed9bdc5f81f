"""A byte stream as UTF-8 text without a byte-order mark, checked for bytes that the fast reader cannot handle."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO

from spine.core.tables import require_arrow
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
        checked = options.quote_char if quote is None else None
        self._quotes = QuoteCheck(options.delimiter, checked) if checked else None
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
        if self._quotes is not None:
            self._quotes.check(chunk)


class QuoteCheck:
    """The check that each quoted field begins and ends where a field does; pyarrow reads `"a"b` as `ab`."""

    def __init__(self, delimiter: str, quote: str) -> None:
        self._quote = sign = quote.encode()
        q, inside = re.escape(quote), f"[^{re.escape(delimiter)}\r\n{re.escape(quote)}]"
        self._wrong = f"^(?:[^{q}]|{q}[^{q}]*{q})*(?:{inside}{q}|{q}[^{q}]*{q}{inside})"
        self._seam = b"\n"
        self._states = (sign + sign, sign)  # a field was closed, or is open
        self._is_open = False

    def check(self, chunk: bytes) -> None:
        """Raise Unsure if a quote stands within a field, or text after the closing one; chunks follow one another."""
        if not chunk:
            return
        if self._quote not in chunk and self._seam[-1:] != self._quote:
            self._seam = self._seam if self._is_open else chunk[-1:]
            return
        pa, compute = (
            require_arrow("Reading delimited text"),
            require_arrow("Reading delimited text", "pyarrow.compute"),
        )
        text = pa.array([self._seam + chunk], pa.binary())
        if compute.match_substring_regex(text, self._wrong)[0].as_py():
            raise Unsure
        self._is_open ^= bool(chunk.count(self._quote) % 2)
        last = chunk[-1:]
        self._seam = self._states[self._is_open] if self._is_open or last == self._quote else last
