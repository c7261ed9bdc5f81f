"""Each check of a contract in each severity, in a run: what the run, the table and the alert then say."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from spine.app import Application
from spine.config.contracts import CheckKind
from spine.framework.captures import list_captures, read_capture
from spine.project.project import Project
from spine.testing import Outcome, RecordingChannel

FLOWS = """
from datetime import date

from spine import Step, Workflow, capture, workflow_registry

ROWS = [
    {"symbol": "AB", "venue": "X", "shares": 5, "day": date(2020, 1, 2)},
    {"symbol": "CD", "venue": "X", "shares": 7, "day": date(2020, 1, 2)},
    {"symbol": "cd", "venue": None, "shares": -1, "day": date(2020, 1, 2)},
    {"symbol": "CD", "venue": "X", "shares": 8, "day": date(2020, 1, 2)},
]


def not_negative(table):
    return [shares >= 0 for shares in table["shares"].to_pylist()]


def load(context, config):
    capture("symbols", [{"symbol": "AB"}, {"symbol": "CD"}])
    kept = capture("prices", ROWS)
    return {"rows": kept.row_count}


workflow_registry.register(Workflow("daily", [Step.lambda_("load", load)]))
"""

# by check: its options, the number of rows that do not pass, and the beginning of what is told about them
CHECKS: dict[str, tuple[str, int | None, str]] = {
    "not_null": ('columns = ["symbol", "venue"]', 1, "not_null(symbol, venue): 1 of 4 rows"),
    "unique": ('columns = "symbol"', 1, "unique(symbol): 1 of 4 rows"),
    "in_range": ('columns = "shares", min = 0, max = 9', 1, "in_range(shares): 1 of 4 rows"),
    "matches": ('columns = "symbol", pattern = "[A-Z]+"', 1, "matches(symbol): 1 of 4 rows"),
    "one_of": ('columns = "symbol", values = ["AB", "CD"]', 1, "one_of(symbol): 1 of 4 rows"),
    "row_count": ("min = 10, max = 20", None, "row_count: 4 rows, expected at least 10 rows, at most 20 rows"),
    "freshness": ('columns = "day", max_age_days = "36h"', None, "freshness(day): the newest day is 2020-01-02, "),
    "references": ('columns = "symbol", capture = "symbols"', 1, "references(symbol): 1 of 4 rows"),
    "function": ('function = "flows:not_negative"', 1, "function(flows:not_negative): 1 of 4 rows"),
}
ABOUT_ROWS = [name for name in CHECKS if CheckKind(name).is_about_rows]


@pytest.fixture
def run(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome], captured_alerts: RecordingChannel
) -> Callable[[str, str], tuple[Outcome, Project]]:
    """A function that runs the workflow under a contract with one check of that severity."""

    def run_with(check: str, severity: str) -> tuple[Outcome, Project]:
        declared = f'{{ check = "{check}", {CHECKS[check][0]}, severity = "{severity}" }}'
        project = scratch_project(flows=FLOWS, settings=f'[contracts."pric*"]\nchecks = [{declared}]\n')
        return spine_cli("run", "daily", "--json"), Project(project)

    return run_with


def results(project: Project, **wanted: Any) -> list[dict[str, Any]]:
    run_id = project.runs.find("latest")["run_id"]
    found = project.runs.quality(run_id)
    rows = project.database.query("SELECT id, check_name, passed FROM core_quality_results WHERE run_id = ?", (run_id,))
    assert [row["check_name"] for row in rows] == [result["check_name"] for result in found]
    return [result for result in found if wanted.items() <= result.items()]


def test_the_table_of_this_test_has_every_check() -> None:
    assert sorted(CHECKS) == sorted(kind.value for kind in CheckKind)


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_fails_fails_step_run_and_sends_an_alert(
    check: str, run: Callable[..., tuple[Outcome, Project]], captured_alerts: RecordingChannel
) -> None:
    _, count, said = CHECKS[check]
    outcome, project = run(check, "fail")
    assert outcome.code == 1
    found = project.runs.find("latest")
    assert (found["status"], found["error_category"], found["error_step"]) == ("FAILED", "DATA_QUALITY", "load")
    assert found["error"].startswith(f"capture prices breaks contract 'pric*': {said}")
    [result] = results(project, severity="fail", passed=False)
    assert (result["failed_rows"], result["capture_id"], result["step_name"]) == (count, None, "load")
    assert len(result["sample"]) == (count or 0)
    [alert] = captured_alerts.alerts
    assert said in alert.message
    assert (alert.metadata["error_category"], count is None or "such as {" in alert.message) == ("DATA_QUALITY", True)
    assert list_captures() == []


@pytest.mark.parametrize("check", CHECKS)
def test_a_check_that_warns_is_told_and_all_rows_are_captured(
    check: str, run: Callable[..., tuple[Outcome, Project]], captured_alerts: RecordingChannel
) -> None:
    _, count, said = CHECKS[check]
    outcome, project = run(check, "warn")
    assert (outcome.code, outcome.json["contract_warnings"], outcome.json["rejected_rows"]) == (0, 1, 0)
    [result] = results(project, severity="warn", passed=False)
    [made] = list_captures("prices")
    assert (result["failed_rows"], result["capture_id"], made.row_count) == (count, made.capture_id, 4)
    [ended] = [event for event in project.runs.events(str(made.run_id)) if event["event_type"] == "step.completed"]
    assert ended["payload"]["warning_count"] == 1
    assert said in " ".join(line["message"] for line in project.runs.logs(str(made.run_id)))
    assert captured_alerts.alerts == []


@pytest.mark.parametrize("check", ABOUT_ROWS)
def test_a_check_that_quarantines_sets_rows_aside_and_the_rest_is_captured(
    check: str, run: Callable[..., tuple[Outcome, Project]], captured_alerts: RecordingChannel
) -> None:
    outcome, project = run(check, "quarantine")
    assert (outcome.code, outcome.json["contract_warnings"], outcome.json["rejected_rows"]) == (0, 0, 1)
    [result] = results(project, severity="quarantine", passed=False)
    [made] = list_captures("prices")
    assert (result["failed_rows"], result["capture_id"], made.row_count) == (1, made.capture_id, 3)
    [reject] = project.runs.rejects(str(made.run_id))
    assert (reject["source_name"], reject["location"]) == ("prices", "prices")
    assert reject["reason"].startswith(f"contract 'pric*': {check}(")
    assert '"shares": 8' in reject["raw"] if check == "unique" else '"shares": -1' in reject["raw"]
    assert captured_alerts.alerts == []


@pytest.mark.parametrize("check", sorted(set(CHECKS) - set(ABOUT_ROWS)))
def test_a_check_about_all_rows_cannot_quarantine(check: str, run: Callable[..., tuple[Outcome, Project]]) -> None:
    with pytest.raises(Exception, match=f"check {check} is about all rows, and none can be set aside"):
        run(check, "quarantine")


def test_results_stay_although_the_captures_of_the_step_are_lost(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome], captured_alerts: RecordingChannel
) -> None:
    flows = FLOWS.replace("    return {", '    raise ValueError("later")\n    return {')
    check = '{ check = "unique", columns = "symbol", severity = "quarantine" }'
    project = Project(scratch_project(flows=flows, settings=f"[contracts.prices]\nchecks = [{check}]\n"))
    assert spine_cli("run", "daily").code == 1
    [result] = results(project)
    assert (result["check_name"], result["passed"]) == ("unique(symbol)", False)
    assert (project.runs.rejects(result["run_id"]), list_captures()) == ([], [])


@pytest.mark.slow
def test_a_step_in_a_process_of_its_own_stores_its_results_too(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome]
) -> None:
    flows = FLOWS.replace('Step.lambda_("load", load)', 'Step.lambda_("load", load, timeout=60)')
    check = '{ check = "row_count", min = 10, severity = "warn" }'
    project = Project(scratch_project(flows=flows, settings=f"[contracts.prices]\nchecks = [{check}]\n"))
    assert spine_cli("run", "daily", "--json").json["contract_warnings"] == 1
    assert [result["observed"] for result in results(project)] == ["4 rows"]
    assert [row["symbol"] for row in read_capture("prices").data] == ["AB", "CD", "cd", "CD"]


@pytest.mark.slow
@pytest.mark.parametrize(
    "step",
    ['Step.map("load", "once", function=load, executor="own")', 'Step.pipeline("load", "load.all", executor="own")'],
)
def test_work_on_an_executor_of_processes_stores_its_results_too(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome], step: str
) -> None:
    flows = FLOWS.replace('Step.lambda_("load", load)])', f'{step}], defaults={{"once": [1]}})')
    flows = flows.replace("import Step,", "import Step, pipeline,") + (
        '\n\n@pipeline("load.all")\ndef load_all(params):\n    return load(None, None)\n'
    )
    check = '{ check = "row_count", min = 10, severity = "warn" }'
    settings = f'[contracts.prices]\nchecks = [{check}]\n[executors.own]\ntype = "processes"\n'
    project = Project(scratch_project(flows=flows, settings=settings))
    assert spine_cli("run", "daily", "--json").json["contract_warnings"] == 1
    assert [result["observed"] for result in results(project)] == ["4 rows"]
    assert [row["symbol"] for row in read_capture("prices").data] == ["AB", "CD", "cd", "CD"]


@pytest.mark.slow
def test_a_step_in_a_process_of_its_own_fails_as_in_this_one(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome], captured_alerts: RecordingChannel
) -> None:
    flows = FLOWS.replace('Step.lambda_("load", load)', 'Step.lambda_("load", load, timeout=60)')
    check = '{ check = "not_null", columns = "venue" }'
    project = Project(scratch_project(flows=flows, settings=f"[contracts.prices]\nchecks = [{check}]\n"))
    assert spine_cli("run", "daily").code == 1
    found = project.runs.find("latest")
    assert (found["error_category"], found["error_retryable"]) == ("DATA_QUALITY", False)
    assert [step["error_type"] for step in project.runs.steps(found["run_id"])] == ["ContractViolationError"]
    assert [result["failed_rows"] for result in results(project)] == [1]


def test_a_dry_run_stores_no_result(
    scratch_project: Callable[..., Application], spine_cli: Callable[..., Outcome]
) -> None:
    check = '{ check = "row_count", min = 10, severity = "warn" }'
    flows = FLOWS.replace("load)])", 'load, dry_run="call")])')
    project = scratch_project(flows=flows, settings=f"[contracts.prices]\nchecks = [{check}]\n")
    assert spine_cli("run", "daily", "--dry-run").code == 0
    assert spine_cli("runs", "list", "--json").json == []
    assert project.adapter.query("SELECT id FROM core_quality_results") == []
