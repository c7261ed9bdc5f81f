"""One alert for a failed run."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import NetworkError
from spine.framework.alerts import AlertSeverity, alert_registry, send_alert
from spine.framework.alerts.store import alert_store
from spine.framework.pipelines import pipeline
from spine.orchestration import ErrorPolicy, Step, StepResult, Workflow, WorkflowResult, WorkflowRunner
from spine.orchestration.alerts.failure import FailureAlert
from spine.orchestration.alerts.rules import AlertRules
from spine.testing import RecordingChannel


@pytest.fixture
def channel() -> RecordingChannel:
    found = RecordingChannel()
    alert_registry.register(found)
    return found


def execute(*steps: Step, domain: str = "finra") -> WorkflowResult:
    runner = WorkflowRunner(listeners=[FailureAlert(lambda _workflow: AlertRules(on_failure=AlertSeverity.CRITICAL))])
    return runner.execute(Workflow("finra.weekly", list(steps), domain=domain))


def fail(ctx: Any, config: Any) -> StepResult:
    raise NetworkError("no route to host")


def test_a_failed_run_sends_one_alert_that_says_what_failed_and_where_to_look(channel: RecordingChannel) -> None:
    result = execute(Step.lambda_("ingest", fail))
    [alert] = channel.alerts
    assert (alert.severity, alert.title, alert.source) == (
        AlertSeverity.CRITICAL,
        "finra.weekly failed",
        "finra.weekly",
    )
    assert alert.message == "Step 'ingest' failed: no route to host"
    assert (alert.domain, alert.run_id) == ("finra", result.run_id)
    assert alert.error == {
        "error_type": "NetworkError",
        "message": "no route to host",
        "category": "NETWORK",
        "retryable": True,
    }
    assert alert.metadata == {
        "workflow": "finra.weekly",
        "step": "ingest",
        "error_category": "NETWORK",
        "retryable": True,
        "look_closer": f"spine runs show {result.run_id}",
    }
    assert len(alert_store().list_alerts(run_id=result.run_id)) == 1


def test_a_failed_run_that_is_resumed_and_fails_again_sends_an_alert_of_that_failure_too(
    channel: RecordingChannel,
) -> None:
    failures = iter([NetworkError("no route to host"), ValueError("no luck")])

    def fail_again(ctx: Any, config: Any) -> StepResult:
        raise next(failures)

    workflow = Workflow("w", [Step.lambda_("a", fail_again)])
    runner = WorkflowRunner(listeners=[FailureAlert(lambda _workflow: AlertRules(on_failure=AlertSeverity.ERROR))])
    failed = runner.execute(workflow)
    runner.resume(failed.run_id, workflow)
    assert [alert.message for alert in channel.alerts] == [
        "Step 'a' failed: no route to host",
        "Step 'a' failed: no luck",
    ]


def test_no_alert_follows_if_a_step_has_sent_one(channel: RecordingChannel) -> None:
    def alert_and_fail(ctx: Any, config: Any) -> StepResult:
        send_alert(AlertSeverity.ERROR, "week rejected", "too few rows", source="finra.otc")
        return StepResult.fail("too few rows")

    execute(Step.lambda_("reject", alert_and_fail))
    assert [alert.title for alert in channel.alerts] == ["week rejected"]


def test_an_alert_of_a_pipeline_in_a_step_counts_too(channel: RecordingChannel) -> None:
    @pipeline("p")
    def alert_and_fail(params: Any) -> None:
        send_alert(AlertSeverity.ERROR, "week rejected", "too few rows", source="finra.otc")
        raise RuntimeError

    result = execute(Step.pipeline("reject", "p"))
    [alert] = channel.alerts
    assert (alert.run_id, alert.title) == (result.run_id, "week rejected")
    assert alert.execution_id is not None


@pytest.mark.parametrize("severity", [AlertSeverity.INFO, AlertSeverity.WARNING])
def test_a_notice_of_a_step_does_not_keep_the_failure_quiet(channel: RecordingChannel, severity: AlertSeverity) -> None:
    def notify(ctx: Any, config: Any) -> None:
        send_alert(severity, "the week is here", "", source="finra.otc")

    execute(Step.lambda_("notify", notify), Step.lambda_("ingest", fail))
    assert [alert.title for alert in channel.alerts] == ["the week is here", "finra.weekly failed"]


def test_an_alert_of_another_run_does_not_keep_this_one_quiet(channel: RecordingChannel) -> None:
    first = execute(Step.lambda_("ingest", fail))
    second = execute(Step.lambda_("ingest", fail))
    assert [alert.run_id for alert in channel.alerts] == [first.run_id, second.run_id]


def test_runs_that_complete_even_partially_send_none(channel: RecordingChannel) -> None:
    execute(Step.lambda_("a", lambda ctx, config: None))
    execute(Step.lambda_("a", fail, on_error=ErrorPolicy.CONTINUE))
    assert channel.alerts == []


def test_a_workflow_without_a_domain_alerts_without_one(channel: RecordingChannel) -> None:
    execute(Step.lambda_("ingest", fail), domain="")
    assert channel.alerts[0].domain is None
