"""The limit on the size of a file."""

from __future__ import annotations

from spine.core.errors import ParseError


def refuse_more(label: str, size: int, most: int | None) -> None:
    """Raise the ParseError for a file of more than `most` bytes."""
    if most is not None and size > most:
        raise ParseError(f"{label} has more than {most:,} bytes; if that is right, raise max_bytes")
