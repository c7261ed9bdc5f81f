"""The end of a sentence about an unknown name."""

from __future__ import annotations

import pytest

from spine.cli.examples import EXAMPLES
from spine.core.suggest import LISTED_BY, did_you_mean, no_such, what_there_is


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("weekyl", ["weekly", "daily"], "; did you mean 'weekly'?"),
        ("zzz", ["b", "a"], "; known: a, b"),
        ("zzz", [], ""),
        ("zzz", [f"n{number}" for number in range(10)], "; known: n0, n1, n2, n3, n4, n5, n6, n7 and 2 more"),
        ("", ["a"], "; known: a"),
    ],
)
def test_the_closest_name_is_suggested_or_what_there_is(name: str, known: list[str], expected: str) -> None:
    assert did_you_mean(name, iter(known)) == expected


@pytest.mark.parametrize(
    ("kind", "known", "expected"),
    [
        ("run", [], "there is no run 'x': list them with spine runs list"),
        ("source", ["b"], "there is no source 'x'; known: b (list them with spine sources list)"),
        ("source", ["x1"], "there is no source 'x'; did you mean 'x1'?"),
        ("color", ["red"], "there is no color 'x'; known: red"),
    ],
)
def test_an_unknown_name_comes_with_the_command_that_lists_its_kind(kind: str, known: list[str], expected: str) -> None:
    assert no_such(kind, "x", known) == expected
    assert expected.endswith(what_there_is(kind, "x", known))


def test_an_endless_name_is_cut() -> None:
    assert len(no_such("run", "x" * 10_000)) < 200


@pytest.mark.parametrize("command", LISTED_BY.values())
def test_the_commands_that_list_exist(command: str) -> None:
    assert command.removeprefix("spine ") in EXAMPLES
