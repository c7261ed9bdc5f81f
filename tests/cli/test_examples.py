"""Each command of core has an example in its help, which the command accepts."""

from __future__ import annotations

import shlex

import pytest

from spine.cli.examples import EXAMPLES, leaves
from spine.cli.main import HELP_OPTIONS, cli

LEAVES = dict(leaves("", cli))


def test_each_command_has_an_example_and_each_example_a_command() -> None:
    assert sorted(LEAVES) == sorted(EXAMPLES)


@pytest.mark.parametrize("path", EXAMPLES)
def test_the_example_is_accepted_by_its_command_and_is_on_one_line_of_its_help(path: str) -> None:
    words = shlex.split(EXAMPLES[path].partition(" > ")[0])
    names = path.split()
    assert words[: len(names) + 1] == ["spine", *names]
    command = LEAVES[path]
    with command.make_context(path, words[len(names) + 1 :], help_option_names=HELP_OPTIONS) as context:
        assert f"\n    {EXAMPLES[path]}" in command.get_help(context)
