"""Programs: external processes, ended with all their children on request or when Spine ends."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from contextvars import copy_context
from pathlib import Path
from threading import Event, Thread
from typing import IO

from spine.core.errors import ConfigError
from spine.orchestration.isolation import guard

GRACE_SECONDS = 5.0  # between SIGTERM and SIGKILL
MAX_LINE_BYTES = 1 << 20
_LOOK_SECONDS = 0.05
_LAST_LINES_SECONDS = 1.0

OnLine = Callable[[str, str], None]  # "stdout" or "stderr", and the line


class Program:
    """Program in its own process group; each line of stdout and stderr is passed to `on_line` at once."""

    def __init__(self, argv: Sequence[str], cwd: Path, env: Mapping[str, str], on_line: OnLine) -> None:
        """Start the program. Raises ConfigError if the folder, or the program in it or on the PATH, does not exist."""
        if not cwd.is_dir():
            raise ConfigError(f"the folder {str(cwd)!r} for program {argv[0]} does not exist")
        found = find_program(argv[0], cwd, env)
        theirs, self._ours = os.pipe()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - workflow code is trusted; no shell reads the arguments
                [sys.executable, "-I", "-S", guard.__file__, str(theirs), found, *argv[1:]],
                cwd=cwd,
                env=dict(env),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
                pass_fds=(theirs,),
            )
        except BaseException:
            os.close(self._ours)
            raise
        finally:
            os.close(theirs)
        streams = {"stdout": self._process.stdout, "stderr": self._process.stderr}
        self._readers = [_read(stream, name, on_line) for name, stream in streams.items() if stream is not None]
        self._ended = Event()
        Thread(target=self._watch, name=f"spine-watch-{self._process.pid}", daemon=True).start()

    def wait(self, check: Callable[[], None]) -> int:
        """Return its exit code, 128 + N if signal N ended it; its remaining children are ended.

        `check` is called repeatedly; its exception is raised here after the program has ended.
        """
        try:
            while not self._ended.wait(_LOOK_SECONDS):
                check()
        except BaseException:
            self._signal(signal.SIGTERM)
            self._ended.wait(GRACE_SECONDS)
            raise
        finally:
            self._end()
        code = self._process.returncode
        return code if code >= 0 else 128 - code

    def _watch(self) -> None:
        os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)  # its process group id stays reserved
        self._ended.set()

    def _signal(self, number: signal.Signals) -> None:
        with suppress(ProcessLookupError, PermissionError):  # PermissionError: macOS, for a group that has ended
            os.killpg(self._process.pid, number)

    def _end(self) -> None:
        self._signal(signal.SIGKILL)
        self._process.wait()
        os.close(self._ours)
        for reader in self._readers:
            reader.join(_LAST_LINES_SECONDS)  # a child that left the group may hold a stream open forever


def find_program(name: str, cwd: Path, env: Mapping[str, str]) -> str:
    """Return the path of a program, resolved as in a shell; ConfigError if there is none."""
    found = shutil.which(cwd / name) if os.sep in name else shutil.which(name, path=env.get("PATH"))
    if found is None:
        where = f"in {str(cwd)!r}" if os.sep in name else "on the PATH"
        raise ConfigError(f"there is no program {name!r} {where} that may be executed")
    return str(found)


def _read(stream: IO[bytes], name: str, on_line: OnLine) -> Thread:
    thread = Thread(target=copy_context().run, args=(_lines, stream, name, on_line), name=f"spine-{name}", daemon=True)
    thread.start()
    return thread


def _lines(stream: IO[bytes], name: str, on_line: OnLine) -> None:
    with stream:
        while line := stream.readline(MAX_LINE_BYTES):
            on_line(name, line.decode("utf-8", "replace").rstrip("\r\n"))
