"""spine help, the sections of its page, and the manual page."""

from __future__ import annotations

import tomllib
from pathlib import Path

import spine
from spine.cli.main import COMMANDS, SECTIONS, cli
from spine.cli.man_page import man_page
from tests.projects import call

CORE = Path(__file__).parents[3] / "spine-core"


def test_each_command_is_in_one_section_of_the_help() -> None:
    listed = [name for names in SECTIONS.values() for name in names]
    missing = sorted(COMMANDS.keys() - listed)
    assert not missing, f"add {missing} to a section in spine/cli/main.py: SECTIONS"
    assert sorted(listed) == sorted(COMMANDS)
    shown = call("--help").out
    assert [shown.index(f"\n{heading}:\n") for heading in SECTIONS] == sorted(
        shown.index(f"\n{heading}:\n") for heading in SECTIONS
    )


def test_help_shows_what_the_option_shows() -> None:
    assert call("help").out == call("--help").out
    assert call("help", "runs").out == call("runs", "--help").out
    assert call("help", "runs", "list").out == call("runs", "list", "--help").out
    assert call("help", "sources", "state", "set").out == call("sources", "state", "set", "--help").out


def test_help_on_what_is_no_command_suggests_one() -> None:
    outcome = call("help", "runs", "lst")
    assert outcome.code == 2
    assert outcome.sentence == "there is no command 'spine runs lst'; did you mean 'list'?"
    assert call("help", "run", "prices").code == 2


def test_the_manual_page_in_the_wheel_is_that_of_the_commands() -> None:
    page = (CORE / "man" / "spine.1").read_text()
    assert page == man_page(cli, spine.__version__), "run make reference"
    assert call("help", "--man").out == page
    build = tomllib.loads((CORE / "pyproject.toml").read_text())["tool"]["hatch"]["build"]["targets"]["wheel"]
    assert build["shared-data"] == {"man/spine.1": "share/man/man1/spine.1"}


def test_no_line_of_the_manual_page_is_a_macro_by_accident() -> None:
    macros = {".TH", ".SH", ".SS", ".B", ".TP", ".PP", ".RS", ".RE", ".nf", ".fi"}
    lines = man_page(cli, "1").splitlines()
    assert {line.split()[0] for line in lines if line.startswith((".", "'"))} == macros
