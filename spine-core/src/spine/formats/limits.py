"""The limit on the size of a file."""

from __future__ import annotations

from spine.core.errors import ParseError

_ALWAYS_ALLOWED = 256 << 20  # bytes
_USUAL_RATIO = 200  # text shrinks to a fifth or a twentieth; a gzip bomb to a thousandth, a zstandard bomb even further


def usual_most(stored: int) -> int:
    """Return how many bytes a compressed file of `stored` bytes may have when it is expanded."""
    return max(_ALWAYS_ALLOWED, _USUAL_RATIO * stored)


def refuse_more(label: str, size: int, most: int | None) -> None:
    """Raise the ParseError for a file of more than `most` bytes."""
    if most is not None and size > most:
        raise ParseError(f"{label} has more than {most:,} bytes; if that is right, raise max_bytes")
