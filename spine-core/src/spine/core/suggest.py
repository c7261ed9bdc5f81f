"""Error texts about unknown names: the closest known one, and the command that lists them all."""

from __future__ import annotations

from collections.abc import Iterable

LISTED_BY = {
    "alert": "spine alerts list",
    "alert channel": "spine alerts channels",
    "backfill": "spine backfills list",
    "capture": "spine captures list",
    "database": "spine db list",
    "pipeline": "spine pipelines list",
    "plugin": "spine plugins list",
    "run": "spine runs list",
    "schedule": "spine schedules list",
    "source": "spine sources list",
    "workflow": "spine workflows list",
}
"""The command that lists the things of a kind."""


def no_such(kind: str, name: str, known: Iterable[str] = ()) -> str:
    """Return the error text about a name that nothing of a kind has."""
    return f"there is no {kind} {name!r:.80}{what_there_is(kind, name, known)}"


def what_there_is(kind: str, name: str, known: Iterable[str] = ()) -> str:
    """Return the end of an error text about an unknown name: the closest one, or the command that lists the kind."""
    hint, command = did_you_mean(name, known), LISTED_BY.get(kind)
    if command is None or hint.endswith("?"):
        return hint
    return f"{hint} (list them with {command})" if hint else f": list them with {command}"


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
