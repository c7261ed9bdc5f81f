"""-v, -q and --debug may stand anywhere on the line."""

from __future__ import annotations

from collections.abc import Callable

import click
import pytest
from click.testing import CliRunner

from spine.cli.session import Session, add_global_options
from tests.projects import Project

Make = Callable[..., Project]


@pytest.mark.parametrize(
    "arguments", [("-q", "run", "numbers"), ("run", "-q", "numbers"), ("run", "numbers", "--quiet")]
)
def test_quiet_may_stand_anywhere(scratch_project: Make, arguments: tuple[str, ...]) -> None:
    outcome = scratch_project().call(*arguments)
    assert outcome.code == 0
    assert outcome.err == ""
    assert scratch_project().call("run", "numbers").err != ""


def test_an_option_between_a_group_and_its_command_is_taken(scratch_project: Make) -> None:
    assert scratch_project().call("runs", "-v", "list", "-q").code == 0


def test_debug_at_the_end_shows_the_traceback(scratch_project: Make) -> None:
    assert "Traceback" in scratch_project().call("run", "nothing", "--debug").err


def test_they_are_in_the_help_of_spine_alone(scratch_project: Make) -> None:
    assert "--quiet" not in scratch_project().call("runs", "list", "--help").out
    assert "anywhere on the line" in scratch_project().call("--help").out


def test_an_option_of_the_command_itself_keeps_its_meaning() -> None:
    @click.command()
    @click.option("-v", "--volume", type=int, help="Of a plugin's command.")
    @click.pass_obj
    def command(session: Session, volume: int) -> None:
        click.echo(f"{volume} {session.verbose} {session.quiet}")

    add_global_options(add_global_options(command))
    assert (
        CliRunner().invoke(command, ["-v", "3", "-q"], obj=Session(None, False, False, False)).output
        == "3 False True\n"
    )


def test_a_command_that_passes_its_arguments_on_gets_no_options() -> None:
    command = click.Command("sh", context_settings={"ignore_unknown_options": True})
    assert add_global_options(command).params == []
