"""Moments for `as_of`: a time with its zone."""

from __future__ import annotations

from datetime import datetime

from spine.core.errors import ValidationError


def moment_of(as_of: datetime | str) -> datetime:
    """Return an aware time, or one as ISO 8601 text with its offset; ValidationError for anything else."""
    found = as_of
    if isinstance(as_of, str):
        try:
            found = datetime.fromisoformat(as_of)
        except ValueError:
            found = as_of
    if not isinstance(found, datetime):
        raise ValidationError(
            f"as_of={as_of!r:.80} is not a time: use ISO 8601 such as 2026-11-03T09:00Z", field="as_of", value=as_of
        )
    if found.utcoffset() is None:
        raise ValidationError(
            f"as_of={str(as_of)!r:.80} has no time zone: write 2026-11-03T09:00Z, or use datetime(..., tzinfo=UTC)",
            field="as_of",
            value=as_of,
        )
    return found
