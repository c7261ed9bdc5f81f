"""Loads: data written into a table in one transaction, by mode, at most once for each call of a step."""

from __future__ import annotations

from spine.db.loads.order import Loaded, LoadMark, LoadMode, LoadOrder
from spine.db.loads.run import run_load

__all__ = ["LoadMark", "LoadMode", "LoadOrder", "Loaded", "run_load"]
