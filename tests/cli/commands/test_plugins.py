"""`spine plugins` on the command line; its content is tested in tests/plugins."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Project, run

Make = Callable[..., Project]


def test_the_list_works_without_a_project(tmp_path: Path) -> None:
    outcome = run("plugins", "list", "--json", cwd=tmp_path)
    assert outcome.code == 0
    assert outcome.json[0]["name"] == "core"
    assert "sources-file" in run("plugins", "list", cwd=tmp_path).out


def test_the_list_respects_the_project(scratch_project: Make) -> None:
    project = scratch_project('[plugins]\ndisabled = ["sources-file"]\n')
    states = {row["name"]: row["state"] for row in project.call("plugins", "list", "--json").json}
    assert states["sources-file"] == "disabled"


def test_a_source_of_a_disabled_plugin_is_refused_in_one_sentence(scratch_project: Make) -> None:
    project = scratch_project('[plugins]\ndisabled = ["sources-file"]\n[sources.a]\ntype = "file"\npath = "x"\n')
    assert project.call("sources", "list").code == 0
    outcome = project.call("sources", "fetch", "a")
    assert outcome.code == 2
    assert "disabled" in outcome.sentence


def test_a_fault_in_the_settings_is_told_here_too(scratch_project: Make) -> None:
    outcome = scratch_project("[plugins]\ndisable = []\n").call("plugins", "list")
    assert outcome.code == 2
    assert "did you mean 'disabled'?" in outcome.sentence


@pytest.mark.parametrize("command", ["show", "check"])
def test_an_unknown_plugin_is_refused_with_those_that_there_are(command: str) -> None:
    from tests.projects import call

    outcome = call("plugins", command, "sources-fil")
    assert outcome.code == 2
    assert outcome.sentence == "no plugin 'sources-fil' is installed; did you mean 'sources-file'?"


def test_show_and_check_print_json(tmp_path: Path) -> None:
    from tests.projects import call

    assert call("plugins", "show", "core", "--json").json["name"] == "core"
    assert call("plugins", "check", "core", "--json").json == []


def test_show_marks_the_options_that_are_required() -> None:
    from tests.projects import call

    shown = call("plugins", "show", "sources-file").out.splitlines()
    rows = {line.split()[0]: line for line in shown if line.strip()}
    assert "(required)" in rows["path"]
    assert "(required)" not in rows["domain"]
    options = call("plugins", "show", "sources-file", "--json").json["provides"][0]["options"]
    assert {row["option"] for row in options if row["required"]} == {"path"}


@pytest.mark.parametrize(("plugin", "said"), [("sources-file", "1 plugin with 1 item: all load and fit\n")])
def test_check_counts_one_plugin_in_the_singular(plugin: str, said: str) -> None:
    from tests.projects import call

    assert call("plugins", "check", plugin).out == said
