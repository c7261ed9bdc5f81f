"""The Content-Type of a response, and what a body is by its first bytes."""

from __future__ import annotations

import codecs
import re
from typing import BinaryIO, Self

import httpx
from attrs import evolve, frozen

from spine.core.errors import ParseError
from spine.formats.signatures import COLUMNAR_FORMATS, container_of
from spine.framework.sources.warnings import warn

SNIFFED = 1024  # bytes at the beginning of a body that are looked at

_CHUNK = 1 << 18  # bytes
_WESTERN = ("iso8859-1", "iso8859-15", "cp1252")  # as codecs names them
_CHARSET = re.compile(r""";\s*charset\s*=\s*["']?([^"';\s]+)""", re.I)
_HTML = re.compile(
    rb"\s*(?:<!--.*?-->\s*|<\?xml[^>]*>\s*)*<(?:!doctype\s+html|html|head|body|title|script|meta)\b", re.I | re.S
)


@frozen
class MediaType:
    """Type such as `text/csv` in lower case, and the character set that goes with it."""

    name: str
    charset: str | None = None

    @classmethod
    def of(cls, headers: httpx.Headers) -> Self:
        """Return that of a response."""
        text = headers.get("content-type", "")
        found = _CHARSET.search(text)
        return cls(text.partition(";")[0].strip().lower(), found[1] if found else None)

    @property
    def is_html(self) -> bool:
        return self.name in ("text/html", "application/xhtml+xml")

    @property
    def is_json(self) -> bool:
        return self.name.partition("/")[2].rpartition("+")[2] in ("json", "x-ndjson", "jsonl")

    def encoding(self, configured: str | None) -> str:
        """Return the encoding of the text: that of the options, else of the charset, else UTF-8."""
        if configured is not None or self.charset is None:
            return configured or "utf-8"
        try:
            name = codecs.lookup(self.charset).name
            "".encode(name)
        except (LookupError, UnicodeError):
            warn(f"the charset {self.charset!r} of a Content-Type is not known and passed over: set encoding")
            return "utf-8"
        return "utf-8" if name == "ascii" else name

    def corrected(self, body: BinaryIO) -> Self:
        """Return this with the charset UTF-8 where a Western one is said of a body that is UTF-8.

        Some servers say their default of everything, and text in such a charset is hardly ever valid UTF-8 by chance.
        """
        if self.charset is None or self.encoding(None) not in _WESTERN:
            return self
        decoder = codecs.getincrementaldecoder("utf-8")()
        is_ascii = True
        body.seek(0)
        try:
            while chunk := body.read(_CHUNK):
                is_ascii = is_ascii and chunk.isascii()
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            return self
        if not is_ascii:
            warn(f"the charset {self.charset!r} of a Content-Type is passed over: the body is UTF-8")
        return evolve(self, charset="utf-8")


def refuse_page(start: bytes, media: MediaType, delimiter: str | None, label: str) -> None:
    """Raise the ParseError for an HTML page or an error of the server in the place of data.

    `delimiter` is that of delimited text, which is often sent as text/html: its first line holds it.
    """
    start = start.removeprefix(codecs.BOM_UTF8).lstrip()
    first_line = start.partition(b"\n")[0]
    is_unlike = delimiter is not None and media.is_html and delimiter.encode() not in first_line
    if is_unlike or _HTML.match(start):
        raise ParseError(
            f"{label} answered with an HTML page, such as one for a login or an error, instead of data; check url, "
            "auth and the header Accept"
        )
    if start.startswith(b"<?xml") or (delimiter is not None and media.is_json and start.startswith((b"{", b"["))):
        kind = "XML" if start.startswith(b"<") else "JSON"
        raise ParseError(
            f"{label} answered with {kind}, such as an error, instead of data in the format of the source; check url, "
            "format and the header Accept"
        )


def refuse_container(start: bytes, label: str) -> None:
    """Raise the ParseError for an archive, a workbook or a file with columns in the place of text."""
    if (container := container_of(start)) is None:
        return
    todo = 'read this URL with a source of type file, or set format = "raw" and unpack it'
    if container in COLUMNAR_FORMATS:
        todo = f'set format = "{COLUMNAR_FORMATS[container]}"'
    raise ParseError(f"{label} is {container} by its first bytes, not text: {todo}")
