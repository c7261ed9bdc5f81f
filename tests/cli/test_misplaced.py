"""Parameters that were given without their option: the sentence names it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]


@pytest.mark.parametrize("command", ["plan", "run", "backfill"])
def test_a_parameter_without_its_option_is_shown_with_it(scratch_project: Make, command: str) -> None:
    done = scratch_project().call(command, "numbers", "count=3", "kind=a;b")
    assert done.code == 2
    assert "unexpected extra arguments (count=3 kind=a;b): give -p count=3 -p 'kind=a;b'\n" in done.err


@pytest.mark.parametrize(
    ("arguments", "hint"),
    [
        (("runs", "list", "day=1"), "give --partition day=1"),
        (("captures", "read", "x", "day=1"), "give -p day=1"),
        (("alerts", "route", "team=a"), "give --label team=a"),
        (("plan", "numbers", "--day", "1"), "give -p day=VALUE"),
        (("run", "numbers", "--day=1"), "give -p day=VALUE"),
    ],
)
def test_the_option_is_that_of_the_command(scratch_project: Make, arguments: tuple[str, ...], hint: str) -> None:
    assert hint in scratch_project().call(*arguments).err


@pytest.mark.parametrize(
    "arguments", [("plan", "numbers", "more"), ("status", "day=1"), ("run", "numbers", "--refrsh")]
)
def test_other_mistakes_are_told_as_before(scratch_project: Make, arguments: tuple[str, ...]) -> None:
    assert "give" not in scratch_project().call(*arguments).err


def test_the_hint_is_in_the_object_of_a_failure(scratch_project: Make) -> None:
    done = scratch_project().call("plan", "numbers", "count=3", "--json")
    assert done.json["hint"] == "give -p count=3"
