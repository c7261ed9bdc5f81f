"""Garbage collection of the process of a command: none while it starts, when nearly all that is made stays."""

from __future__ import annotations

import gc


def begin_start() -> None:
    """Collect nothing until `end_start`: a tenth of the start is saved."""
    gc.disable()


def end_start() -> None:
    """Collect from now on, except among what the start made."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()
