"""External text without characters that a terminal, a mail client or a chat acts on."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

ELLIPSIS = "…"
_LONGEST_ESCAPE = 8  # an upper bound; one that is too low would cut off more than needed

_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"  # CSI: colors, cursor movement
    # OSC, DCS: titles, clipboard. A further introducer ends one, for terminals too: so the pattern is linear
    r"|(?:\x1b[\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c\x9d\x90\x98\x9e\x9f]*(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile(r"\r\n?|[\n\x0b\x0c\x85\u2028\u2029]")
# C0, DEL and C1 controls, direction overrides and half characters: what moves the cursor or reorders a line
_UNPRINTABLE = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def plain_text(text: str) -> str:
    """Return `text` without anything that a terminal acts on, line ends apart, which become newlines."""
    text = _LINE_ENDS.sub("\n", _SEQUENCES.sub("", text))
    return _UNPRINTABLE.sub("", text.replace("\t", " "))


def one_line(text: str) -> str:
    """Return `text` as `plain_text` does, with spaces for its line ends."""
    return plain_text(text).replace("\n", " ")


def counted(number: int, noun: str) -> str:
    """Return a number with its noun: `1 row`, `2,000 rows`."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def shorten(text: str, limit: int, escape: Callable[[str], str] = str) -> str:
    """Return `text` escaped, in at most `limit` characters; one that was cut ends with an ellipsis.

    The cut is made before escaping, so that no escape sequence is split.
    """
    escaped = escape(text[: limit + 1])
    if len(escaped) <= limit:
        return escaped
    kept = min(len(text), limit - len(ELLIPSIS))
    while len(escaped := escape(text[:kept]) + ELLIPSIS) > limit:
        kept -= max(1, (len(escaped) - limit) // _LONGEST_ESCAPE)
    return escaped


def lines_within(lines: Iterable[str], limit: int) -> list[str]:
    """Return the lines before the first that does not fit into `limit` characters, with a line end for each."""
    kept: list[str] = []
    for line in lines:
        limit -= len(line) + 1
        if limit < 0:
            break
        kept.append(line)
    return kept
