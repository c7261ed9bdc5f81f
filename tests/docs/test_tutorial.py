"""docs/tutorial.md, done by a reader who starts in an empty folder: what it shows is what is printed."""

from __future__ import annotations

import re
import shlex
import shutil
import socket
from pathlib import Path

import click
import pytest

from spine.cli.main import HELP_OPTIONS, cli
from tests.docs.pages import Block, all_blocks
from tests.docs.terminal import Terminal
from tests.examples.prices_server import prices_server
from tests.projects import Project

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "tutorial.md").read_text()
COMMANDS = sorted(set(re.findall(r"^\$ (spine [^|\n]+)", PAGE, re.MULTILINE)))


@pytest.mark.slow  # about 40 processes of the command line
def test_each_block_works_in_order_and_prints_what_is_shown(tmp_path: Path) -> None:
    port = free_port()
    with Terminal(tmp_path, port) as first, Terminal(tmp_path, port) as second:
        for block in all_blocks(PAGE):
            follow(block, tmp_path / "tutorial", first, second)


def test_its_files_are_a_project_that_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project = Project(tmp_path)
    project.call("init", str(tmp_path))
    for block in all_blocks(PAGE):
        if block.language in ("csv", "python", "toml"):
            write(tmp_path, block)
    monkeypatch.setenv("PRICES_KEY", "only-for-the-demo")
    with prices_server() as (url, _requests):
        monkeypatch.setenv("SPINE__SOURCES__PRICES__URL", url)
        ran = project.call("run", "daily")
    assert ran.code == 0, ran.err
    assert ran.out.splitlines()[1:] == ["  trades  rows 2", "  prices  rows 9", "  value   rows 2, total 3161.90"]
    assert project.call("schedules", "next", "daily", "--count", "3").code == 0


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_is_one_that_spine_accepts(command: str) -> None:
    found, words = cli, shlex.split(command)[1:]
    while hasattr(found, "commands") or hasattr(found, "list_commands"):
        found = found.get_command(click.Context(found), words.pop(0))
        assert found is not None
    if "--help" not in words:
        found.make_context(command, words, help_option_names=HELP_OPTIONS).close()


def test_its_links_lead_somewhere() -> None:
    targets = re.findall(r"\]\(([^)#]+)", PAGE)
    assert targets
    assert [target for target in targets if not (ROOT / "docs" / target).is_file()] == []


def follow(block: Block, project: Path, first: Terminal, second: Terminal) -> None:
    """Do what a block says: type it into one of the terminals, or write it into the file that is named before it."""
    if "pip install" in block.text:
        return  # the programs of this environment are on the path already
    for name in re.findall(r"\]\((\w+\.py)\)", block.introduction):  # a file of the site, which the reader saves
        shutil.copy(ROOT / "docs" / name, project)
    if block.language == "console" and re.search(r"[Ii]n (?:a|the) second terminal", block.introduction):
        second.play(block.text, leave_running=True)
    elif block.language == "console":
        first.play(block.text)
    elif block.language != "crontab":  # of the time before Spine
        write(project, block, first.here(block.text))


def write(project: Path, block: Block, text: str | None = None) -> None:
    """Write the text of a block into the file that its introduction names, or add it there."""
    [(verb, name)] = re.findall(r"\b([Ww]rite|Add to) `([\w./-]+)`:$", block.introduction)
    file = project / name
    file.parent.mkdir(exist_ok=True)
    before = f"{file.read_text()}\n" if verb == "Add to" else ""
    file.write_text(before + (text or block.text))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
