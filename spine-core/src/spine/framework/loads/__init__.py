"""Loads: data of steps and scripts, written into the tables of named databases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from spine.framework.loads.result import LoadResult

if TYPE_CHECKING:
    from spine.framework.loads.api import load

__all__ = ["LoadResult", "load"]


def __getattr__(name: str) -> Any:  # SQLAlchemy is imported on use
    if name != "load":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}", name=name)
    from spine.framework.loads.api import load

    return load
