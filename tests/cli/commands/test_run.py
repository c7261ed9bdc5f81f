"""`spine run`: progress on stderr, the result on stdout, and the exit code."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]

HOSTILE = "\x1b[31mred\x9b2J\x1b]0;title\x07\r\nsecond line"

LAMBDA = """
import os, subprocess, sys
from spine.framework.alerts import AlertSeverity, send_alert
from spine.framework.captures import capture
from spine.orchestration import ErrorPolicy, Step, StepResult, Workflow, workflow_registry
HOSTILE = {hostile!r}

def step(ctx, config):
{body}

workflow_registry.register(Workflow(name="w", steps=[Step.lambda_("step", step{options})]))
"""


def _lambda(*body: str, options: str = "") -> str:
    return LAMBDA.format(hostile=HOSTILE, body="\n".join(f"    {line}" for line in body), options=options)


def test_the_summary_is_readable(scratch_project: Make) -> None:
    outcome = scratch_project().call("run", "numbers", "-p", "count=4")
    first, *lines = outcome.out.splitlines()
    assert outcome.code == 0
    assert first.startswith("numbers kind=plain: COMPLETED in ")
    assert lines == ["  make  rows 4"]
    assert [line.split()[:2] for line in outcome.err.splitlines()] == [["make", "completed"], ["check", "completed"]]


def test_quiet_shows_no_progress(scratch_project: Make) -> None:
    assert scratch_project().call("-q", "run", "numbers").err == ""


@pytest.mark.slow
def test_json_is_one_document(scratch_project: Make) -> None:
    outcome = scratch_project().run("run", "numbers", "--json")
    assert outcome.code == 0
    assert outcome.json["status"] == "COMPLETED"
    assert outcome.json["partition"] == {"kind": "plain"}
    assert [step["step_name"] for step in outcome.json["steps"]] == ["make", "check"]


def test_a_failed_run_says_where_and_why_and_how_to_look_closer(scratch_project: Make) -> None:
    project = scratch_project()
    outcome = project.call("run", "numbers", "-p", "count=6")
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    assert outcome.code == 1
    assert outcome.out.splitlines()[1:] == [
        "  make   rows 6",
        "  check  FAILED: that is too many",
        f"  look closer: spine runs show {run_id}",
        f"  resume: spine runs resume {run_id}",
    ]


@pytest.mark.slow
def test_json_of_a_failed_run_is_still_one_document_and_exit_1(scratch_project: Make) -> None:
    outcome = scratch_project().run("run", "numbers", "-p", "count=6", "--json")
    assert outcome.code == 1
    assert (outcome.json["status"], outcome.json["error_step"]) == ("FAILED", "check")
    assert (outcome.json["error"], outcome.json["error_category"]) == ("that is too many", "VALIDATION")


def test_the_output_of_a_step_never_reaches_stdout(scratch_project: Make) -> None:
    flows = 'print("at import")\n' + _lambda("print('in the step')", "return StepResult.ok()")
    outcome = scratch_project(flows=flows).run("run", "w", "--json")
    assert outcome.json["status"] == "COMPLETED"
    assert "at import" in outcome.err
    assert "in the step" in outcome.err


@pytest.mark.slow
@pytest.mark.parametrize("options", ["", ", timeout=600"])
@pytest.mark.parametrize(
    "line",
    [
        "import sys; print('out'); sys.stdout.close(); print('closed')",
        "import sys; sys.__stdout__.write('out'); sys.__stdout__.close()",
        "import subprocess; subprocess.run(['echo', 'out'], check=True)",
        "import os; os.system('echo out'); os.close(1)",
        "import sys; sys.stdout = open('elsewhere.txt', 'w'); print('out')",
        "import os, sys; child = os.fork(); child and os.waitpid(child, 0); print('out')",
    ],
)
def test_whatever_a_step_does_with_stdout_json_is_one_document(scratch_project: Make, line: str, options: str) -> None:
    flows = "from spine.orchestration import Step, StepResult, Workflow, workflow_registry\n"
    flows += f"def step(context, config):\n    {line}\n    return StepResult.ok()\n"
    flows += f"workflow_registry.register(Workflow('w', [Step.lambda_('a', step{options})]))\n"
    outcome = scratch_project(flows=flows).run("run", "w", "--json")
    assert outcome.json["status"] == "COMPLETED", outcome.err


def test_a_failure_that_is_to_be_passed_over_ends_as_partial_and_is_told(scratch_project: Make) -> None:
    flows = _lambda("raise ValueError('no luck')", options=", on_error=ErrorPolicy.CONTINUE")
    outcome = scratch_project(flows=flows).call("run", "w")
    assert outcome.code == 0
    assert "w: PARTIAL" in outcome.out
    assert "step  FAILED: " in outcome.out
    assert "no luck" in outcome.out


@pytest.mark.parametrize(
    "body",
    [
        "return StepResult.ok(text=HOSTILE)",
        "return StepResult.ok(**{HOSTILE: 1})",
        "return StepResult.fail(HOSTILE)",
        "raise RuntimeError(HOSTILE)",
        "send_alert(AlertSeverity.ERROR, HOSTILE, HOSTILE, source='x'); return StepResult.ok()",
        "import logging; logging.getLogger('spine.x').warning(HOSTILE); return StepResult.ok()",
    ],
)
def test_hostile_text_does_not_reach_the_terminal(scratch_project: Make, body: str) -> None:
    project = scratch_project('[channels.c]\ntype = "console"\n', _lambda(body))
    for arguments in (
        ("run", "w"),
        ("--debug", "run", "w"),
        ("run", "w", "-p", f"x={HOSTILE}"),
        ("runs", "show", "latest"),
        ("run", "w", "--json"),
        ("runs", "list"),
    ):
        outcome = project.call(*arguments)
        shown = outcome.out + outcome.err
        assert not {character for character in shown if not character.isprintable()} - {"\n"}


def test_a_long_text_does_not_flood_the_summary(scratch_project: Make) -> None:
    flows = _lambda("return StepResult.ok(text='x' * 5000)")
    assert len(scratch_project(flows=flows).call("run", "w").out) < 200


def test_a_dry_run_leaves_no_trace(scratch_project: Make) -> None:
    project = scratch_project()
    flows = _lambda("return StepResult.ok(dry=ctx.is_dry_run)")
    project.write("flows.py", flows)
    assert project.run("run", "w", "--dry-run").code == 0
    assert project.run("runs", "list", "--json").json == []


def test_a_failed_run_alerts_the_channels_of_the_project_on_stderr(scratch_project: Make) -> None:
    outcome = scratch_project('[channels.c]\ntype = "console"\n').call("run", "numbers", "-p", "count=6")
    assert "[ERROR] numbers failed" in outcome.err
    assert "[ERROR]" not in outcome.out


def test_alerts_on_failure_can_be_switched_off(scratch_project: Make) -> None:
    project = scratch_project('[channels.c]\ntype = "console"\n[alerts]\non_failure = "none"\n')
    assert "failed" not in project.call("-q", "run", "numbers", "-p", "count=6").err


def test_a_severity_that_does_not_exist_is_refused_by_every_command_that_opens_the_project(
    scratch_project: Make,
) -> None:
    outcome = scratch_project('[alerts]\non_failure = "LOUD"\n').call("workflows", "list")
    assert outcome.code == 2
    assert outcome.sentence.endswith("on_failure must be one of INFO, WARNING, ERROR, CRITICAL, none, not 'LOUD'")


QUARANTINE = '[sources.s]\ntype = "file"\npath = "{name}.csv"\non_bad_row = "quarantine"\n'
READING = """
from spine import Step, Workflow, source, workflow_registry

def read(context, item):
    return {"record_count": len(source("s").fetch({"name": item}).to_result().unwrap())}

steps = [
    Step.lambda_("one", lambda context, config: read(context, "a")),
    Step.map("each", lambda context: ["a", "b", "c"], function=read, max_concurrency=1, tolerated_failures=1),
]
workflow_registry.register(Workflow("w", steps))
"""


def test_rejected_rows_and_tolerated_items_are_in_the_summary(scratch_project: Make) -> None:
    project = scratch_project(QUARANTINE, READING)
    project.write("a.csv", "a,b\n1,2\n3\n")
    project.write("b.csv", "a,b\n1,2\n")
    outcome = project.call("run", "w")
    run_id = project.call("runs", "list", "--json").json[0]["run_id"]
    assert outcome.out.splitlines()[-2:] == [
        "  tolerated: 1 of 3 items of each failed; no alert is raised for it",
        f"  rejected: 2 rows: spine runs show {run_id}",
    ]
    one, each = outcome.err.splitlines()
    assert one.endswith("1 row  1 rejected")
    assert each.endswith("1 rejected")


def test_rejected_rows_and_tolerated_items_are_in_the_json(scratch_project: Make) -> None:
    project = scratch_project(QUARANTINE, READING)
    project.write("a.csv", "a,b\n1,2\n3\n")
    project.write("b.csv", "a,b\n1,2\n")
    found = project.call("run", "w", "--json").json
    assert (found["rejected_rows"], found["tolerated"]) == (2, ["1 of 3 items of each failed"])


def test_a_run_that_went_on_after_a_failure_says_so(scratch_project: Make) -> None:
    project = scratch_project(flows=_lambda("raise ValueError", options=", on_error=ErrorPolicy.CONTINUE"))
    outcome = project.call("run", "w")
    assert outcome.code == 0
    assert "  tolerated: step step failed, and its on_error is CONTINUE; no alert is raised for it\n" in outcome.out


BRANCHES = """
from spine import Step, Workflow, workflow_registry

def fail(context, config):
    raise ValueError

branches = {"good": [Step.lambda_("a", lambda context, config: None)], "bad": [Step.lambda_("b", fail)]}
workflow_registry.register(Workflow("w", [Step.parallel("both", branches, tolerated_failures=1)]))
"""


def test_a_tolerated_branch_is_in_the_summary(scratch_project: Make) -> None:
    outcome = scratch_project(flows=BRANCHES).call("run", "w")
    assert "  tolerated: branch bad of both failed; no alert is raised for it\n" in outcome.out


def test_stale_with_an_unknown_workflow_is_one_sentence(scratch_project: Make) -> None:
    outcome = scratch_project().call("run", "numbres", "--stale")
    assert outcome.code == 2
    assert outcome.sentence.startswith("workflow 'numbres' not found; did you mean 'numbers'?")
