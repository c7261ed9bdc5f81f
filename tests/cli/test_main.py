"""The entry point: exit codes, what goes to which stream, and errors as sentences."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from importlib import metadata
from pathlib import Path

import pytest

from tests.projects import DEADLINE_SECONDS, SPINE, Project, call, clean_environ, run, wait_until

Make = Callable[..., Project]

WAITS = """
import os
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

def wait(ctx, config):
    open("started", "w").close()
    import time
    time.sleep(600)

workflow_registry.register(Workflow(name="waits", steps=[Step.lambda_("wait", wait)]))
"""


def test_help_and_version_go_to_stdout() -> None:
    assert call("--help").out.startswith("Usage: spine")
    assert call("--version").out.startswith("spine 0.")
    assert call("-h").code == call("--version").code == 0


def test_the_version_is_the_one_of_the_metadata_everywhere() -> None:
    import spine

    assert call("--version").out == f"spine {spine.__version__}\n"
    assert spine.__version__ == metadata.version("spine-core")
    module = subprocess.run([sys.executable, "-m", "spine", "--version"], capture_output=True, text=True)
    assert module.stdout == f"spine {spine.__version__}\n"


@pytest.mark.parametrize("arguments", [("--version",), ("init",), ("run", "hello")])
def test_the_first_command_on_windows_says_where_spine_runs(
    monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    outcome = call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.err == "Error: Spine runs on Linux and macOS, not on Windows itself: install it in WSL\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("rum",), "there is no command 'rum'; did you mean 'run'?"),
        (("runs", "lst"), "No such command 'lst'. Did you mean 'list'?"),
        (("--nope",), "No such option '--nope'."),
        (("runs", "list", "--nope"), "No such option '--nope'."),
        (("run",), "Missing argument 'WORKFLOW'."),
        (("runs", "list", "-n", "0"), "Invalid value for '-n' / '--limit': 0 is not in the range x>=1."),
        (("runs", "list", "--status", "DONE"), "Invalid value for '--status': 'DONE' is not one of"),
    ],
)
def test_wrong_usage_is_one_sentence_and_exit_2(
    scratch_project: Make, arguments: tuple[str, ...], sentence: str
) -> None:
    outcome = scratch_project().call(*arguments)
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.sentence.startswith(sentence)


def test_no_arguments_show_the_help_and_exit_2() -> None:
    outcome = call()
    assert outcome.code == 2
    assert "\nRun:\n  run " in outcome.err


def test_without_a_project_the_sentence_says_what_to_do(tmp_path: Path) -> None:
    outcome = run("runs", "list", cwd=tmp_path)
    assert outcome.code == 2
    assert outcome.sentence == (
        f"there is no spine.toml in {tmp_path} or above it: run spine init to make a project here, or use --project DIR"
    )


@pytest.mark.slow
def test_the_project_may_be_named_by_option_or_variable(scratch_project: Make, tmp_path: Path) -> None:
    root = str(scratch_project().root)
    assert run("--project", root, "workflows", "list", cwd=tmp_path).code == 0
    assert run("--project", f"{root}/spine.toml", "workflows", "list", cwd=tmp_path).code == 0
    assert run("workflows", "list", cwd=tmp_path, env={"SPINE_PROJECT": root}).code == 0


@pytest.mark.slow
def test_a_variable_overrides_a_setting(scratch_project: Make, tmp_path: Path) -> None:
    project = scratch_project()
    assert project.run("run", "numbers", env={"SPINE__SPINE__DATABASE": f"sqlite:///{tmp_path}/other.db"}).code == 0
    assert (tmp_path / "other.db").exists()
    assert not (project.root / ".spine/spine.db").exists()


def test_a_folder_whose_name_means_something_in_a_url_has_its_database_inside(scratch_project: Make) -> None:
    project = scratch_project(name="a?b c%20#d")
    assert project.call("run", "numbers").code == 0
    assert (project.root / ".spine/spine.db").exists()


def test_an_error_of_the_program_itself_is_a_sentence_and_a_traceback_only_with_debug(scratch_project: Make) -> None:
    flows = "from spine.orchestration import Step, StepResult, Workflow, workflow_registry\n" \
        "def broken(params):\n    raise LookupError('gone')\n" \
        "workflow_registry.register(Workflow(name='w', resolve_params=broken," \
        " steps=[Step.lambda_('a', lambda ctx, config: StepResult.ok())]))\n"  # fmt: skip
    project = scratch_project(flows=flows)
    outcome = project.call("run", "w")
    assert outcome.code == 1
    assert outcome.sentence == "LookupError: gone (run again with --debug for the traceback)"
    assert "Traceback" in project.call("--debug", "run", "w").err


def test_a_reader_that_has_seen_enough_is_no_error(scratch_project: Make) -> None:
    project = scratch_project()
    project.call("run", "numbers", "-p", "count=5")
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [SPINE, "captures", "list"],
        cwd=project.root,
        env=clean_environ(),
        stdout=writing,
        stderr=subprocess.PIPE,
        text=True,
    )
    os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_ctrl_c_ends_with_130_and_the_run_is_cancelled(scratch_project: Make) -> None:
    project = scratch_project(flows=WAITS)
    process = project.start("run", "waits")
    wait_until((project.root / "started").exists)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert "Traceback" not in err
    assert "interrupted" in err
    assert project.call("runs", "show", "latest", "--json").json["status"] == "CANCELLED"


def test_verbose_and_quiet_are_accepted_before_the_command(scratch_project: Make) -> None:
    project = scratch_project()
    assert project.call("-q", "run", "numbers").err == ""
    assert "make" in project.call("-v", "run", "numbers").err


def test_the_module_runs_as_a_script_too(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "spine.cli.main", "--version"], cwd=tmp_path, capture_output=True)
    assert done.returncode == 0
