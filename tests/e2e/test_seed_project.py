"""A project of the specification's own kind: its source, its workflow and its alert, through the command line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]

SETTINGS = """
[spine]
modules = ["flows"]
[channels.console]
type = "console"
min_severity = "ERROR"
"""

FLOWS = """
from pathlib import Path

from spine.framework.alerts import AlertSeverity, send_alert
from spine.core.clock import utc_now
from spine.framework.pipelines import Pipeline, PipelineResult
from spine.framework.registry import register_pipeline
from spine.framework.sources import FileSource, source_registry
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

source_registry.register(
    FileSource(name="finra.otc.weekly", path=Path(__file__).parent / "data/*.psv", domain="finra.otc_transparency")
)

@register_pipeline("finra.fetch")
class Fetch(Pipeline):
    \"\"\"Fetch the week.\"\"\"

    def run(self):
        fetched = source_registry.get("finra.otc.weekly").fetch()
        if not fetched.success:
            raise fetched.error
        symbols = [row["Symbol"] for row in fetched.data]
        return PipelineResult.completed(utc_now(), {"record_count": len(symbols), "symbols": symbols})

def check(ctx, config):
    if ctx.get_output("fetch", "record_count") < 2:
        send_alert(AlertSeverity.ERROR, "Too few rows", "look at the file", source="finra.otc.weekly")
        return StepResult.fail("too few rows", category="DATA_QUALITY")
    return StepResult.ok(symbols=ctx.get_output("fetch", "symbols"))

workflow_registry.register(
    Workflow(name="finra.weekly", steps=[Step.pipeline("fetch", "finra.fetch"), Step.lambda_("check", check)])
)
"""


@pytest.mark.slow
def test_text_stays_text_from_the_file_to_the_result(make_project: Make) -> None:
    project = make_project(SETTINGS, FLOWS)
    project.write("data/week.psv", "Symbol|Volume\nNA|007\nTRUE|12345678901234567890\n")
    outcome = project.run("run", "finra.weekly", "--json")
    assert outcome.code == 0, outcome.err
    assert outcome.json["steps"][1]["output"] == {"symbols": ["NA", "TRUE"]}


@pytest.mark.slow
def test_a_failure_is_told_once_where_a_step_has_told_it_already(make_project: Make) -> None:
    project = make_project(SETTINGS, FLOWS)
    project.write("data/week.psv", "Symbol|Volume\nNA|007\n")
    outcome = project.run("run", "finra.weekly")
    assert outcome.code == 1
    assert outcome.err.count("[ERROR]") == 1
    assert "[ERROR] Too few rows" in outcome.err


def test_a_missing_file_fails_the_run_and_alerts(make_project: Make) -> None:
    outcome = make_project(SETTINGS, FLOWS).run("run", "finra.weekly")
    assert outcome.code == 1
    assert "[ERROR] finra.weekly failed" in outcome.err
    assert "Traceback" not in outcome.err
