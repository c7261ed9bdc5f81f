"""An unknown name comes with the command that lists the known ones."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (("runs", "show", "zzz"), "spine runs list"),
        (("runs", "logs", "zzz"), "spine runs list"),
        (("run", "zzz"), "spine workflows list"),
        (("plan", "zzz"), "spine workflows list"),
        (("pipelines", "show", "zzz"), "spine pipelines list"),
        (("captures", "show", "zzz"), "spine captures list"),
        (("sources", "fetch", "zzz"), "spine sources list"),
        (("schedules", "show", "zzz"), "spine schedules list"),
        (("alerts", "show", "zzz"), "spine alerts list"),
        (("plugins", "show", "zzz"), "spine plugins list"),
    ],
)
def test_an_unknown_name_comes_with_the_command_that_lists_the_known_ones(
    scratch_project: Callable[..., Project], arguments: tuple[str, ...], command: str
) -> None:
    assert f"list them with {command}" in scratch_project().call(*arguments).err
