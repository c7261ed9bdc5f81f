"""The bytes of a response without their content coding, within limits."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator
from itertools import chain

from spine.core.errors import ParseError, SourceError
from spine.framework.sources.warnings import warn

ACCEPTED = "gzip, deflate"

_PIECE = 1 << 18  # bytes that are decoded at a time
_OTHER_CODINGS = ("br", "zstd", "compress", "x-compress", "dcb", "dcz", "exi", "pack200-gzip")
_GZIP = b"\x1f\x8b"
_HEAD = 4  # bytes; in a header of gzip, the third and the fourth are no text
_CONTROL = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_RATIO_FROM = 1 << 20  # a small body may be compressible by any ratio


def decoded(chunks: Iterable[bytes], coding: str, label: str, *, max_bytes: int, max_ratio: int) -> Iterator[bytes]:
    """Yield the content of a body; `coding` is its Content-Encoding (RFC 9110, section 8.4).

    A SourceError stops it at more than `max_bytes`, or, from one MiB on, at more than `max_ratio` bytes for each one
    received. What cannot be decoded, or ends too early, is a ParseError.
    """
    received = delivered = 0

    def counted() -> Iterator[bytes]:
        nonlocal received
        for chunk in chunks:
            received += len(chunk)
            yield chunk

    for piece in _pieces(counted(), coding.strip().lower(), label):
        delivered += len(piece)
        if delivered > max_bytes:
            raise SourceError(f"{label} is larger than {max_bytes:,} bytes; if that is right, raise max_bytes")
        if delivered > max(_RATIO_FROM, received * max_ratio):
            raise SourceError(
                f"{label} grows to more than {max_ratio} times its compressed size, like a decompression bomb; "
                "if that is right, raise max_ratio"
            )
        yield piece


def _pieces(chunks: Iterator[bytes], coding: str, label: str) -> Iterator[bytes]:
    """Undo the codings in the reverse order; a name that is none of them leaves the body as it is."""
    found = chunks
    names = [name for name in (part.strip() for part in coding.split(",")) if name not in ("", "identity")]
    for name in reversed(names):
        if name in ("gzip", "x-gzip"):
            found = _gunzipped(found, label)
        elif name == "deflate":
            found = _inflated(found, None, label)
        elif name in _OTHER_CODINGS:
            raise ParseError(f"{label} is encoded as {name!r}, which was not asked for ({ACCEPTED} were)")
        else:
            warn(f"the Content-Encoding {name!r} names no coding and is passed over")
    yield from found


def _gunzipped(chunks: Iterator[bytes], label: str) -> Iterator[bytes]:
    """Inflate a body, unless it is plain text, decompressed by a proxy that left the header."""
    start = b""
    for chunk in chunks:
        start += chunk
        if len(start) >= _HEAD:
            break
    body = chain([start], chunks) if start else chunks
    is_text = (len(start) >= _HEAD and not _CONTROL.search(start)) or start in (b"[]", b"{}")
    if is_text and not start.startswith(_GZIP):
        warn("the Content-Encoding says gzip of a body that is plain, and is passed over")
        yield from body
        return
    yield from _inflated(body, zlib.MAX_WBITS | 16, label)


def _inflated(chunks: Iterator[bytes], window: int | None, label: str) -> Iterator[bytes]:
    inflater = None
    ended = True  # no bytes are empty content
    for chunk in chunks:
        data = chunk
        while data:
            if inflater is None:
                inflater = zlib.decompressobj(_deflate_window(data) if window is None else window)
                ended = False
            try:
                yield inflater.decompress(data, _PIECE)
            except zlib.error as error:
                raise ParseError(f"{label} is damaged: {error}; fetch it again", cause=error) from error
            data = inflater.unconsumed_tail
            if inflater.eof:  # gzip may have several members, one after the other
                data, inflater, ended = inflater.unused_data, None, True
    if inflater is not None:
        yield from _rest(inflater)
        ended = inflater.eof
    if not ended:
        raise ParseError(f"{label} is cut off: its compressed data does not end; fetch it again")


def _rest(inflater: zlib._Decompress) -> Iterator[bytes]:
    while piece := inflater.decompress(inflater.unconsumed_tail, _PIECE):
        yield piece


def _deflate_window(data: bytes) -> int:
    """Return the window bits for `deflate`: of zlib's format, or of the bare one that some servers send."""
    zlib_format = data[0] & 0x0F == zlib.DEFLATED and (len(data) < 2 or int.from_bytes(data[:2], "big") % 31 == 0)
    return zlib.MAX_WBITS if zlib_format else -zlib.MAX_WBITS
