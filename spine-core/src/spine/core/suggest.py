"""The "did you mean" part of an error text."""

from __future__ import annotations

from collections.abc import Iterable


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `; did you mean 'x'?` for the closest of `known`, else the known names, or nothing if there are none."""
    from difflib import get_close_matches  # costs more to import than everything else here

    names = sorted(known)
    if close := get_close_matches(name, names, n=1, cutoff=0.6):
        return f"; did you mean {close[0]!r}?"
    if not names:
        return ""
    shown = ", ".join(names[:8])
    return f"; known: {shown}" + (f" and {len(names) - 8} more" if len(names) > 8 else "")
