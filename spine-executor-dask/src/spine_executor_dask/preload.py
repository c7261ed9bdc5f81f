"""Preload of the workers that are started here."""

from __future__ import annotations

import os
from typing import Any


def dask_setup(_worker: Any) -> None:
    """Leave the process group of the parent: Ctrl-C in a terminal reaches only the parent, which decides."""
    os.setpgid(0, 0)
