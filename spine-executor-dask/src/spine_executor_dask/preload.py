"""Preload of the workers that are started here."""

from __future__ import annotations

import os
import signal
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Leave the process group of the parent: Ctrl-C in a terminal reaches only the parent, which decides.

    SIGINT, which an item can send, kills the worker: it would end with its nanny, and no other would take its place.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGINT, signal.SIG_DFL)
