"""Sentence part about the end of another process."""

from __future__ import annotations

import signal


def how_it_ended(code: int) -> str:
    """Return "ended with exit code 3", or "was killed by SIGKILL"; `code` is -N or 128 + N for signal N."""
    number = -code if code < 0 else code - 128
    try:
        name = signal.Signals(number).name
    except ValueError:
        return f"ended with exit code {code}"
    cause = ", by the system if memory ran out" if number == signal.SIGKILL else ""
    return f"was killed by {name}{cause} (exit code {128 + number})"
