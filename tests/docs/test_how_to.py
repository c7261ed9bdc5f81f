"""Pages of docs/how-to without a test of their own: their blocks work in order, in an empty folder, as is shown."""

from __future__ import annotations

import io
import os
import re
import runpy
import shlex
import sys
from collections.abc import Iterator
from contextlib import ExitStack, redirect_stderr, redirect_stdout, suppress
from http.server import ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from unittest.mock import patch

import pytest

from spine.cli.main import main
from spine.config import modules
from spine.core.scope import Scope, use_scope
from tests.docs.pages import Block, alike, all_blocks
from tests.docs.terminal import Terminal
from tests.docs.test_from_others import PAGES as MOVES

ROOT = Path(__file__).parents[2]
TESTS = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py") if path != Path(__file__))
TESTED = {*MOVES, *re.findall(r"docs/how-to/([\w-]+\.md)", TESTS)}
FOR_ROOT = "deploy.md"  # tests/deploy
STARTS_PYTEST = "testing.md"
PAGES = [
    pytest.param(page, id=page.stem, marks=[pytest.mark.slow] if page.name == STARTS_PYTEST else [])
    for page in sorted((ROOT / "docs" / "how-to").glob("*.md"))
    if page.name not in {*TESTED, FOR_ROOT}
]
SHORT = re.compile(r"\$ ((?:[A-Z_]+=\S+ )*)spine ([^|&;<>$\n]*)\n(.*)", re.DOTALL)  # a command that needs no shell
NAMED = re.compile(r"(?:^|[.:;] )(Write|Add to)?(?:^| )`([\w./-]+)`:$")


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Port of examples/prices_api/server.py, which the pages call 8765."""
    handler = runpy.run_path(str(ROOT / "examples" / "prices_api" / "server.py"))["handler"](faults=False)
    handler.log_message = lambda *_: None
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", sys.path.copy())
    yield tmp_path
    forget_modules(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_each_block_works_in_order_and_prints_what_is_shown(page: Path, folder: Path, port: int) -> None:
    with Terminal(folder, port) as terminal:
        reader = Reader(folder, terminal, port)
        for block in all_blocks(page.read_text()):
            reader.follow(block)
        assert reader.printed is None, "the page does not show what its last block prints"


class Reader:
    """A reader who writes the files of a page, executes its Python in one session, and types its commands."""

    def __init__(self, folder: Path, terminal: Terminal, port: int) -> None:
        self.folder = folder
        self.terminal = terminal
        self.port = str(port)
        self.session: dict[str, Any] = {"__name__": "page"}
        self.printed: str | None = None

    def follow(self, block: Block) -> None:
        """Do what the block says; fail where it says something else than what happens."""
        named = NAMED.search(block.introduction)
        if block.language == "text" and not named:
            assert self.printed is not None, f"nothing has printed {block.text!r}"
            assert alike(self.printed) == alike(block.text)
            self.printed = None
            return
        assert self.printed is None, f"the page does not show this: {self.printed}"
        if named:
            self.write(named[2], block.text, adds=named[1] == "Add to")
        elif block.language == "console":
            for command in re.split(r"^(?=\$ )", block.text, flags=re.MULTILINE)[1:]:
                self.type(command)
        else:
            assert block.language == "python", f"{block.language} without a file's name: {block.text}"
            self.execute(block.text)

    def write(self, name: str, text: str, *, adds: bool) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text() + "\n" if adds else ""
        path.write_text(before + text.replace("8765", self.port))

    def type(self, command: str) -> None:
        """Type a command and compare its output; one of Spine alone is called in this process, which is faster."""
        short = SHORT.fullmatch(command)
        if short is None:
            self.terminal.play(command)
        else:
            assert alike(self.call(short[1], short[2])) == alike(short[3]), command

    def call(self, variables: str, arguments: str) -> str:
        """Return what Spine prints, with the project's modules imported anew as in a process of its own."""
        forget_modules(self.folder)
        printed = io.StringIO()
        with ExitStack() as stack:
            stack.enter_context(use_scope(Scope(), process_wide=True))
            others = {root: found for root, found in modules._projects.items() if root != self.folder}
            stack.enter_context(patch.object(modules, "_projects", others))
            stack.enter_context(patch.dict(os.environ, dict(each.split("=", 1) for each in variables.split())))
            stack.enter_context(redirect_stdout(printed))
            stack.enter_context(redirect_stderr(printed))
            stack.enter_context(suppress(SystemExit))
            main(shlex.split(arguments.replace("8765", self.port)))
        return self.as_shown(printed)

    def as_shown(self, printed: io.StringIO) -> str:
        return printed.getvalue().replace(self.port, "8765").replace(str(self.folder), "/home/ann/spine")

    def execute(self, code: str) -> None:
        with redirect_stdout(io.StringIO()) as printed:
            exec(compile(code.replace("8765", self.port), "page", "exec"), self.session)
        self.printed = self.as_shown(printed) or None


def forget_modules(folder: Path) -> None:
    """Let the modules of the folder be imported again, as a new process would."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None)).startswith(f"{folder}/"):
            del sys.modules[name]
