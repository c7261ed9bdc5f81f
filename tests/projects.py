"""Scratch projects for tests, and the command line called on them: in this process, or as a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from attrs import frozen

from spine.testing.command_line import Outcome, call

SPINE = str(Path(sys.executable).with_name("spine"))
DEADLINE_SECONDS = 600.0  # only what hangs takes as long


@frozen
class Project:
    """A folder with a `spine.toml`."""

    root: Path

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def call(self, *arguments: str) -> Outcome:
        """Call the command line in this process, which is fast."""
        return call("--project", str(self.root), *arguments)

    def run(self, *arguments: str, env: Mapping[str, str] | None = None) -> Outcome:
        """Call the command line as a process, in the project's folder."""
        return run(*arguments, cwd=self.root, env=env)

    def start(self, *arguments: str, program: Sequence[str] = (SPINE,)) -> subprocess.Popen[str]:
        """Start the command line as a process, in the project's folder."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            [*program, *arguments], cwd=self.root, env=clean_environ(), text=True, stdout=pipe, stderr=pipe
        )


def run(*arguments: str, cwd: Path, env: Mapping[str, str] | None = None) -> Outcome:
    """Call the command line as a process."""
    done = subprocess.run(
        [SPINE, *arguments],
        cwd=cwd,
        env={**clean_environ(), **(env or {})},
        capture_output=True,
        encoding="utf-8",
        timeout=DEADLINE_SECONDS,
    )
    return Outcome(done.returncode, done.stdout, done.stderr)


def clean_environ() -> dict[str, str]:
    """Return the environment without variables that change Spine's settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPINE")}


def environ_with_programs() -> dict[str, str]:
    """Return a clean environment whose PATH begins with the programs of this one, such as `spine`."""
    return {**clean_environ(), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}


def no_call_is_going() -> bool:
    """Return True if each call of project code by a scheduler of this process has ended."""
    return not any(thread.name.startswith("spine-call-") for thread in threading.enumerate())


def wait_until(condition: Callable[[], bool]) -> None:
    """Poll until `condition` holds; fail when the deadline passes."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)
