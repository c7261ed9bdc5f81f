"""The Link header (RFC 8288, section 3)."""

from __future__ import annotations

import re
from string import printable
from urllib.parse import quote

import httpx

from spine.core.errors import ParseError

_TARGET = re.compile(r"\s*<([^<>]*)>")
_PARAMETER = re.compile(
    r"""\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|'([^'",;<>]*)'(?=\s*(?:[;,]|$))|([^\s;,"]*)))?"""
)
_SEPARATOR = re.compile(r"\s*(?:;\s*)?(?:,|$)")
_EMPTY = re.compile(r"\s*,")
_UNCLOSED = re.compile(r"""\s*"([^",;<>]*)$""")  # a quote that the end of the header closes
_NEXT_TARGET = re.compile(r",\s*(?=<)")
_RELATION = re.compile(r"""rel\s*=\s*["']?[^,;"']{0,200}\bnext\b""", re.I)
_LONGEST = 1 << 16
_ASCII = printable + "\0"


def header_text(headers: httpx.Headers, name: str) -> str | None:
    """Return the values of a header that holds URLs, with bytes that are not ASCII percent-encoded as they are."""
    found = [value for key, value in headers.raw if key.lower() == name.encode()]
    return quote(b", ".join(found), safe=_ASCII) if found else None


def next_link(header: str, label: str = "the response") -> str | None:
    """Return the target of the first link whose relation is `next`; None if there is none.

    What is malformed is passed over where clients in use do the same: single quotes, a quote that is not closed, an
    element that is no link. Any other malformed header that seems to have such a link is a ParseError. The target is as
    it stands in the header, mostly relative to the URL of the response.
    """
    header = header[:_LONGEST]
    position, is_malformed = 0, False
    while position < len(header):
        if empty := _EMPTY.match(header, position):  # a list may have empty elements
            position = empty.end()
            continue
        target = _TARGET.match(header, position)
        relations, position = _relations(header, position if target is None else target.end())
        separator = _SEPARATOR.match(header, position)
        if target is not None and separator is not None and "next" in relations:
            return target[1].strip()
        if target is None or separator is None:
            is_malformed = True
            separator = _NEXT_TARGET.search(header, position)
        if separator is None:
            break
        position = separator.end()
    if is_malformed and _RELATION.search(header):
        raise ParseError(
            f"{label} has a Link header that names a next page and cannot be read; use another type of pagination, or "
            "tell the operator of the server"
        )
    return None


def _relations(header: str, position: int) -> tuple[list[str], int]:
    """Return the relations of the link whose parameters begin there, and where they end."""
    relations: list[str] | None = None
    while parameter := _PARAMETER.match(header, position):
        position = parameter.end()
        text = parameter[2] or parameter[3] or parameter[4] or ""
        if not text and (unclosed := _UNCLOSED.match(header, position)):
            text, position = unclosed[1], unclosed.end()
        if parameter[1].lower() == "rel" and relations is None:  # only the first one counts
            relations = text.strip("'").lower().split()
    return relations or [], position
