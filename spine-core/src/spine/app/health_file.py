"""Health files of the schedulers of a project: one each, rewritten at every heartbeat."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from spine.core.clock import utc_now
from spine.core.private import make_folder, open_file
from spine.orchestration.lease import is_gone, process_name

if TYPE_CHECKING:
    from spine.scheduling.scheduler import Status

FOLDER = Path(".spine") / "schedulers"
FRESH_SECONDS = 30.0


class HealthFile:
    """The file of this process; written at most once a second."""

    def __init__(self, root: Path) -> None:
        self.path = root / FOLDER / f"{os.uname().nodename}-{os.getpid()}.json"
        self._written_at = datetime.min.replace(tzinfo=UTC)

    def write(self, status: Status) -> None:
        """Replace the file; raise OSError if that fails."""
        now = utc_now()
        if now - self._written_at < timedelta(seconds=1):
            return
        content = {
            "process": process_name(),
            "started_at": status.started_at.isoformat(),
            "beat_at": now.isoformat(),
            "ticks": status.ticks,
            "runs_going": status.runs_going,
            "hung": status.hung,
            "last_error": status.last_error,
        }
        make_folder(self.path.parent)
        draft = self.path.with_suffix(".tmp")
        with open(draft, "w", opener=open_file) as file:
            file.write(json.dumps(content) + "\n")
        draft.replace(self.path)
        self._written_at = now


@contextmanager
def health_file(root: Path) -> Iterator[HealthFile]:
    """Remove the file of this process at the end."""
    found = HealthFile(root)
    try:
        yield found
    finally:
        found.path.unlink(missing_ok=True)


def read_health(root: Path) -> list[dict[str, Any]]:
    """Return the last state of each scheduler and its health; remove the files of processes that are gone."""
    found = []
    for path in sorted((root / FOLDER).glob("*.json")):
        try:
            row = json.loads(path.read_text())
            beat_at = datetime.fromisoformat(row["beat_at"])
        except (OSError, ValueError, KeyError):  # removed just now, or truncated by a full disk
            continue
        if is_gone(row["process"]):
            with suppress(OSError):  # gone already, or the folder is read-only
                path.unlink()
            continue
        silent = (utc_now() - beat_at).total_seconds()
        error = row["last_error"]
        if error is None and silent >= FRESH_SECONDS:
            error = f"it has not looked for ticks for {silent:.0f} s, or cannot write its health file"
        elif error is None and silent <= -FRESH_SECONDS:
            error = f"its last look is {-silent:.0f} s in the future: the clock of this machine was ahead"
        found.append({"hung": 0, **row, "last_error": error, "well": error is None})
    return found
