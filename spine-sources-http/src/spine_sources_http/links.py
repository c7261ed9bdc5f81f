"""The Link header (RFC 8288, section 3)."""

from __future__ import annotations

import re

_TARGET = re.compile(r"\s*<([^<>]*)>")
_PARAMETER = re.compile(r"""\s*;\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*)))?""")
_SEPARATOR = re.compile(r"\s*(?:,|$)")
_LONGEST = 1 << 16


def next_link(header: str) -> str | None:
    """Return the target of the first link whose relation is `next`; None if there is none, or the header is malformed.

    The target is as it stands in the header, mostly relative to the URL of the response.
    """
    position = 0
    while position < min(len(header), _LONGEST):
        if empty := re.compile(r"\s*,").match(header, position):  # a list may have empty elements
            position = empty.end()
            continue
        target = _TARGET.match(header, position)
        if target is None:
            return None
        position = target.end()
        relations: list[str] | None = None
        while parameter := _PARAMETER.match(header, position):
            position = parameter.end()
            if parameter[1].lower() == "rel" and relations is None:  # only the first one counts
                relations = (parameter[2] or parameter[3] or "").lower().split()
        if relations and "next" in relations:
            return target[1].strip()
        separator = _SEPARATOR.match(header, position)
        if separator is None:
            return None
        position = separator.end()
    return None
