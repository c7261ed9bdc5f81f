"""Log lines of forked child processes, passed to their parent in a file without a name."""

from __future__ import annotations

import json
import os
import tempfile
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from attrs import asdict

from spine.orchestration.records import LogRecord

_AT_ONCE = 1 << 20  # bytes


class ForkedLines:
    """File that the children append to, one JSON text for each line; the parent reads what is new."""

    def __init__(self) -> None:
        self._file, path = tempfile.mkstemp(prefix="spine-log-")
        os.close(self._file)
        self._file = os.open(path, os.O_RDWR | os.O_APPEND)
        Path(path).unlink()
        self._read_to = 0
        self._rest = b""

    def write(self, record: LogRecord) -> None:
        """Append a record, in one call, since children write at the same time."""
        self._write({**asdict(record), "timestamp": record.timestamp.isoformat()})

    def write_cut(self, step: str | None, attempt: int) -> None:
        """Append that one line of a step was cut."""
        self._write({"cut": [step, attempt]})

    def read(self) -> tuple[list[LogRecord], list[tuple[str | None, int]]]:
        """Return the new records, and the step and attempt of each line that was cut."""
        records: list[LogRecord] = []
        cuts: list[tuple[str | None, int]] = []
        while chunk := os.pread(self._file, _AT_ONCE, self._read_to):
            self._read_to += len(chunk)
            *whole, self._rest = (self._rest + chunk).split(b"\n")
            for line in whole:
                values = json.loads(line)
                if "cut" in values:
                    cuts.append((values["cut"][0], values["cut"][1]))
                else:
                    records.append(LogRecord(**{**values, "timestamp": datetime.fromisoformat(values["timestamp"])}))
        return records, cuts

    def close(self) -> None:
        os.close(self._file)

    def _write(self, values: dict[str, Any]) -> None:
        with suppress(OSError):  # such as a full disk: a log line must not fail a step
            os.write(self._file, json.dumps(values).encode() + b"\n")
