"""One alert for a run that takes too long."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import ConfigError
from spine.framework.alerts import AlertSeverity, alert_registry
from spine.orchestration import Step, StepResult, Workflow, WorkflowRunner
from spine.orchestration.alerts.failure import FailureAlert
from spine.orchestration.alerts.rules import AlertRules, read_alert_rules
from spine.orchestration.alerts.sla import SlaAlert
from spine.testing import FixedClock, RecordingChannel
from tests.projects import Project, wait_until


@pytest.fixture
def channel() -> RecordingChannel:
    found = RecordingChannel()
    alert_registry.register(found)
    return found


def execute(handler: Any, rules: AlertRules) -> str:
    listeners = [FailureAlert(lambda _: rules), SlaAlert(lambda _: rules)]
    return WorkflowRunner(listeners=listeners).execute(Workflow("weekly", [Step.lambda_("load", handler)])).run_id


def pass_minutes(clock: FixedClock, minutes: float) -> None:
    """Move the clock once what waits for it, the run's heartbeat and its SLA, does."""
    wait_until(lambda: clock.waiting == 2)
    clock.advance(minutes * 60)


def test_a_run_that_takes_too_long_is_told_once_and_while_it_runs(
    channel: RecordingChannel, fixed_clock: FixedClock
) -> None:
    seen: list[int] = []

    def slow(ctx: Any, config: Any) -> None:
        pass_minutes(fixed_clock, 4.9)
        seen.append(len(channel.alerts))
        pass_minutes(fixed_clock, 0.1)
        wait_until(lambda: bool(channel.alerts))
        fixed_clock.advance(3600)
        seen.append(len(channel.alerts))

    run_id = execute(slow, AlertRules(sla_minutes=5))
    assert seen == [0, 1]
    [alert] = channel.alerts
    assert (alert.severity, alert.source, alert.run_id) == (AlertSeverity.WARNING, "weekly", run_id)
    assert "takes longer than" in alert.title


def test_a_run_that_ends_in_time_or_has_no_limit_tells_nothing(
    channel: RecordingChannel, fixed_clock: FixedClock
) -> None:
    for minutes in (None, 5):
        execute(lambda ctx, config: None, AlertRules(sla_minutes=minutes))
    fixed_clock.advance(3600)
    wait_until(lambda: fixed_clock.waiting == 0)
    assert channel.alerts == []


def test_a_run_that_is_late_and_then_fails_tells_both(channel: RecordingChannel, fixed_clock: FixedClock) -> None:
    def slow(ctx: Any, config: Any) -> StepResult:
        pass_minutes(fixed_clock, 5)
        wait_until(lambda: bool(channel.alerts))
        return StepResult.fail("and then it broke")

    execute(slow, AlertRules(sla_minutes=5))
    assert [alert.severity for alert in channel.alerts] == [AlertSeverity.WARNING, AlertSeverity.ERROR]


SETTINGS = """
[spine]
modules = ["flows"]
[channels.ops]
type = "console"
[alerts]
on_failure = "none"
[alerts.workflows."weekly"]
on_failure = "critical"
"""
FLOWS = """
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

def fail(ctx, config):
    return StepResult.fail("broken")

for name in ("weekly", "daily"):
    workflow_registry.register(Workflow(name, [Step.lambda_("load", fail)]))
"""


def test_a_workflow_has_rules_of_its_own(tmp_path: Any) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", SETTINGS)
    project.write("flows.py", FLOWS)
    project.call("run", "daily")
    project.call("run", "weekly")
    found = project.call("alerts", "list", "--json").json
    assert [(row["source"], row["severity"]) for row in found] == [("weekly", "CRITICAL")]


def test_rules_of_an_unknown_workflow_are_refused_with_the_closest(tmp_path: Any) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", SETTINGS.replace('."weekly"', '."weakly"'))
    project.write("flows.py", FLOWS)
    assert "there is no workflow 'weakly'; did you mean 'weekly'" in project.call("alerts", "flush").sentence


def test_an_unknown_severity_is_refused() -> None:
    class Written:
        on_failure, on_recovery, on_sla, sla_minutes = "loud", None, None, None

    with pytest.raises(ConfigError, match="on_failure must be one of INFO, WARNING, ERROR, CRITICAL, none, not 'loud'"):
        read_alert_rules(Written(), {}, "alerts")
