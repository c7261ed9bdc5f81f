"""Schedulers of this machine that were started before the project was changed, and run what it was."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from spine.config.modules import files_of_modules
from spine.config.settings import Settings


def outdated(settings: Settings, health: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Return the `process` of each scheduler in `health`, and the newest `file` that was changed after its start."""
    newest = max(_times(settings), default=None)
    if newest is None:
        return []
    changed_at, file = newest[0], _shown(newest[1], settings.root)
    old = (row["process"] for row in health if datetime.fromisoformat(row["started_at"]) < changed_at)
    return [{"process": process, "file": file} for process in old]


def _times(settings: Settings) -> Iterable[tuple[datetime, Path]]:
    for path in (settings.path, settings.overlay, *files_of_modules(settings.root)):
        try:
            if path is not None:
                yield datetime.fromtimestamp(path.stat().st_mtime, UTC), path
        except OSError:  # it is gone: the command has its content
            continue


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
