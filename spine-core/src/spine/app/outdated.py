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
    changed = sorted(_times(settings))
    found = []
    for row in health:
        started_at = datetime.fromisoformat(row["started_at"])
        if changed and changed[-1][0] > started_at:
            found.append({"process": row["process"], "file": _shown(changed[-1][1], settings.root)})
    return found


def _times(settings: Settings) -> Iterable[tuple[datetime, Path]]:
    for path in (settings.path, settings.overlay, *files_of_modules(settings.root)):
        try:
            if path is not None:
                yield datetime.fromtimestamp(path.stat().st_mtime, UTC), path
        except OSError:  # it is gone: the command has its content
            continue


def _shown(path: Path, root: Path) -> str:
    return str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
