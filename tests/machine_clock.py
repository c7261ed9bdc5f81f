"""The machine's clock as the processes that a test starts see it: libfaketime moves it while they run."""

from __future__ import annotations

from pathlib import Path

import pytest

LIBRARIES = [
    Path(folder, "faketime", "libfaketimeMT.so.1")
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib64", "/usr/lib")
]


# libfaketime counts the deadline of `time.sleep`, which is a monotonic one, as a time of day
SLEEP = """\
import threading
import time

time.sleep = lambda seconds: threading.Event().wait(seconds) and None
"""


class MachineClock:
    """A clock that is `shift` seconds ahead; `environ` lets a process, also a database server, read it.

    As on a real machine, only the time of day moves: what measures durations goes on.
    """

    def __init__(self, folder: Path) -> None:
        library = next((path for path in LIBRARIES if path.exists()), None)
        if library is None:
            pytest.skip("moving the clock of a process needs libfaketime (apt-get install faketime)")
        self._file = folder / "clock"
        program = folder / "sleep" / "sitecustomize.py"
        program.parent.mkdir()
        program.write_text(SLEEP)
        self.shift = 0.0
        self.set(0)
        self.environ = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "PYTHONPATH": str(program.parent),
        }

    def set(self, seconds: float) -> None:
        """Let the clock be so many seconds ahead of the true time, or behind it."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+.0f}\n")
        new.chmod(0o644)  # the database server is another user
        new.replace(self._file)
        self.shift = seconds
