"""The listener: a file with a JSON object a line."""

from __future__ import annotations

import json
from pathlib import Path

from attrs import field, frozen

from spine.framework.events import Event


@frozen
class ToyLogConfig:
    path: str = field(metadata={"help": "The file.", "path": True})


class ToyLog:
    """Appends each event to a file; several processes may share it."""

    def __init__(self, name: str, path: str) -> None:
        self.name = name
        self._file = Path(path).open("a", encoding="utf-8", buffering=1)  # noqa: SIM115 - close() closes it

    def on_event(self, event: Event) -> None:
        row = {"type": event.event_type, "at": event.timestamp.isoformat(), **event.payload}
        row["run"] = getattr(event, "run_id", None)
        self._file.write(json.dumps(row, default=str) + "\n")

    def close(self) -> None:
        self._file.close()
