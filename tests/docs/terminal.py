"""A terminal in which the console blocks of a page are typed, and their output compared with what the page shows."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import Self

from attrs import frozen

from tests.docs.pages import alike, as_on_page, localized
from tests.projects import DEADLINE_SECONDS, environ_with_programs

_PROMPT = "the-command-has-ended"
_PROGRESS = re.compile(r"^  [\w.]+ +(?:running|waiting|completed|failed|skipped)\b")  # of steps, which pages leave out


@frozen
class Typed:
    """A command and the output that is shown below it; without a command it is that of an earlier block."""

    command: str
    shown: list[str]
    is_interrupted: bool


class Terminal:
    """A shell in `folder`; `port` takes the place of the page's 8765, `folder` that of its /home/ann/spine."""

    def __init__(self, folder: Path, port: int) -> None:
        self._here = {"8765": str(port), "/home/ann/spine": str(folder)}
        self._lines: Queue[str | None] = Queue()
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env={**environ_with_programs(), "PRICES_PORT": str(port)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        Thread(target=self._listen, daemon=True).start()
        self._type("set -m")  # each command is a process group of its own, which ^C ends

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._interrupt()
        self._type("exit")
        self._shell.wait(DEADLINE_SECONDS)
        for stream in (self._shell.stdin, self._shell.stdout):
            assert stream is not None
            stream.close()

    def play(self, block: str, *, leave_running: bool = False) -> None:
        """Type the commands of a block and compare; with `leave_running` the last one is not waited for."""
        typed = list(_typed(block))
        for number, each in enumerate(typed, 1):
            stays = leave_running and number == len(typed)
            if each.command:
                self._type(self.here(each.command), "</dev/null")
                self._type(f"printf '\\n{_PROMPT}\\n'")
            printed = self._read(len(each.shown) if stays or each.is_interrupted else None)
            if each.is_interrupted:
                self._interrupt()
                rest = self._read(None)
                printed += rest if each.command else []  # not what was printed since an earlier block
            found, shown = alike(as_on_page("\n".join(printed), self._here)), alike("\n".join(each.shown))
            assert found == shown, f"{each.command}\n{found}\n-- is shown as\n{shown}"

    def here(self, text: str) -> str:
        """Return a text of the page with the port and the folder of this terminal."""
        return localized(text, self._here)

    def _type(self, command: str, redirection: str = "") -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(f"{{ {command}\n}} {redirection}\n" if redirection else f"{command}\n")
        self._shell.stdin.flush()

    def _read(self, count: int | None) -> list[str]:
        """Return the next `count` lines, or those up to the prompt."""
        printed: list[str] = []
        while count is None or len(printed) < count:
            line = self._lines.get(timeout=DEADLINE_SECONDS)
            if line is None or line == _PROMPT:
                assert count is None, f"ended early: {printed}"
                break
            if not _PROGRESS.match(line):
                printed.append(line)
        return printed

    def _interrupt(self) -> None:
        children = subprocess.run(["pgrep", "-P", str(self._shell.pid)], capture_output=True, text=True, check=False)
        for child in children.stdout.split():
            os.killpg(int(child), signal.SIGINT)

    def _listen(self) -> None:
        assert self._shell.stdout is not None
        for line in self._shell.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)


def _typed(block: str) -> Iterator[Typed]:
    """Yield the commands of a console block: `$ ` begins one, `^C` interrupts it, other lines are its output."""
    for part in re.split(r"^(?=\$ )", block, flags=re.MULTILINE):
        if part:
            before, interrupt, _ = part.partition("^C\n")
            command, _, shown = before.partition("\n") if part.startswith("$ ") else ("", "", before)
            yield Typed(command.removeprefix("$ "), shown.splitlines(), bool(interrupt))
