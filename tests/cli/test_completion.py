"""Shells complete commands, options, and the names of the project; quietly where there is none."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete

from spine.cli.main import cli
from tests.projects import DEADLINE_SECONDS, SPINE, Project, call, clean_environ

Make = Callable[..., Project]

TOML = """
[sources.prices]
type = "file"
path = "prices.csv"

[schedules.nightly]
workflow = "numbers"
cron = "0 2 * * *"

[channels.team]
type = "console"
"""


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a machine with much else to do have its time."""
    monkeypatch.setattr("spine.cli.completion._SECONDS", DEADLINE_SECONDS)


def complete(project: Project, *words: str) -> list[str]:
    arguments = ["--project", str(project.root), *words[:-1]]
    return [item.value for item in ShellComplete(cli, {}, "spine", "_").get_completions(arguments, words[-1])]


def test_commands_and_options_are_completed(scratch_project: Make) -> None:
    project = scratch_project()
    assert complete(project, "back") == ["backfill", "backfills"]
    assert complete(project, "runs", "re") == ["recover", "report", "resume"]
    assert complete(project, "runs", "list", "--wo") == ["--workflow"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (("run", ""), ["numbers"]),
        (("runs", "list", "--workflow", "n"), ["numbers"]),
        (("pipelines", "show", ""), ["numbers.make"]),
        (("sources", "fetch", "p"), ["prices"]),
        (("schedules", "show", ""), ["nightly"]),
        (("alerts", "test", ""), ["team"]),
        (("captures", "show", ""), ["numbers"]),
        (("schedules", "add", ""), []),
        (("run", "x"), []),
    ],
)
def test_names_of_the_project_are_completed(scratch_project: Make, words: tuple[str, ...], found: list[str]) -> None:
    project = scratch_project(TOML)
    project.call("run", "numbers")
    assert complete(project, *words) == found


def test_runs_are_completed_by_the_ends_of_their_ids_and_by_whole_ids(scratch_project: Make) -> None:
    project = scratch_project()
    ids = [project.call("run", "numbers", "--json").json["run_id"] for _ in range(2)]
    newest = [ids[1], ids[0]]
    assert complete(project, "runs", "show", "") == ["latest", *(each[-8:] for each in newest)]
    assert complete(project, "runs", "show", "la") == ["latest"]
    assert complete(project, "runs", "show", ids[0][-8:-2]) == [ids[0][-8:]]
    assert complete(project, "runs", "show", ids[0][:30]) == [ids[0]]


def test_without_a_project_nothing_is_said(tmp_path: Path) -> None:
    assert complete(Project(tmp_path), "run", "") == []


def test_a_module_that_is_broken_or_prints_leaves_no_trace(
    scratch_project: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    project = scratch_project(flows="print('noise')\nraise RuntimeError('broken')")
    assert complete(project, "run", "") == []
    assert capfd.readouterr() == ("", "")


def test_a_database_that_hangs_does_not_hold_up_the_prompt(
    scratch_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spine.cli.completion._SECONDS", 0.0)
    before = set(threading.enumerate())
    assert complete(scratch_project(), "run", "") == []
    for left in set(threading.enumerate()) - before:
        left.join()  # it opens the project still, beside the next test


def test_looking_for_names_makes_no_database(scratch_project: Make) -> None:
    project = scratch_project()
    complete(project, "runs", "show", "")
    complete(project, "run", "")
    assert not (project.root / ".spine").exists()


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_is_of_the_shell(shell: str) -> None:
    outcome = call("completion", shell)
    assert outcome.code == 0
    assert f"_SPINE_COMPLETE={shell}_complete" in outcome.out


def test_bash_completes_with_the_script(scratch_project: Make) -> None:
    project = scratch_project()
    typed = 'eval "$(spine completion bash)"; COMP_WORDS=(spine runs li); COMP_CWORD=2; _spine_completion spine; '
    done = subprocess.run(
        ["bash", "-c", typed + 'echo "${COMPREPLY[@]}"'],
        cwd=project.root,
        env={**clean_environ(), "PATH": f"{Path(SPINE).parent}:{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (done.stdout, done.stderr) == ("list\n", "")


def test_a_name_that_is_no_command_completes_nothing_and_says_nothing(
    scratch_project: Make, capfd: pytest.CaptureFixture[str]
) -> None:
    assert "numbers" not in complete(scratch_project(), "nothing", "")
    assert capfd.readouterr() == ("", "")
