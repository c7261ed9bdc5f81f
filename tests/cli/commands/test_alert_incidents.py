"""Operators see incidents, suppressed alerts and pauses: projects on both databases with a real HTTP peer."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from spine.framework.dispatcher import TriggerSource
from spine.orchestration import WorkflowStatus, workflow_registry
from spine.project import open_project
from spine.testing import FixedClock
from tests.http_peer import Answer, HttpPeer, http_peer
from tests.projects import Project

FLOWS = """
from pathlib import Path
from spine.core.errors import NetworkError, ValidationError
from spine.orchestration import Step, StepResult, Workflow, workflow_registry

ERRORS = {"NETWORK": NetworkError("no route to host"), "VALIDATION": ValidationError("a column is missing")}

def load(context, config):
    broken = Path(__file__).with_name("broken")
    if broken.exists():
        raise ERRORS[broken.read_text()]

workflow_registry.register(
    Workflow("weekly", [Step.lambda_("load", load)], domain="finra", partition_by=["week"])
)
workflow_registry.register(Workflow("waiting", [Step.wait("pause", 3600)]))
workflow_registry.register(Workflow("other", [Step.lambda_("a", lambda context, config: None)]))
"""


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer() as found:
        yield found


@pytest.fixture
def make(tmp_path: Path, database_url: str, fixed_clock: FixedClock) -> Callable[[str], Project]:
    def project_with(toml: str) -> Project:
        project = Project(tmp_path)
        project.write("spine.toml", f'[spine]\nmodules = ["flows"]\ndatabase = "{database_url}"\n{toml}')
        project.write("flows.py", FLOWS)
        assert project.call("db", "upgrade").code == 0
        return project

    return project_with


def hook(peer: HttpPeer, more: str = "") -> str:
    return f'[channels.ops]\ntype = "webhook"\nurl = "{peer.url}/"\n{more}\n'


def fail(project: Project, category: str = "NETWORK", week: str = "20260227") -> None:
    project.write("broken", category)
    assert project.call("run", "weekly", "-p", f"week={week}").code == 1


def recover(project: Project, week: str = "20260227") -> None:
    (project.root / "broken").unlink()
    assert project.call("run", "weekly", "-p", f"week={week}").code == 0


def bodies(peer: HttpPeer) -> list[dict[str, Any]]:
    return [received.json for received in peer.received]


def kinds(peer: HttpPeer) -> list[str]:
    return [body.get("status", "firing") for body in bodies(peer)]


def row_of(project: Project, check: str) -> dict[str, Any]:
    [row] = [row for row in project.call("doctor", "--json").json if row["check"] == check]
    return row


@pytest.mark.slow
def test_a_failure_after_a_recovery_is_sent_at_once(make, peer):
    project = make(hook(peer, "throttle_minutes = 600"))
    fail(project)
    fail(project)
    assert kinds(peer) == ["firing"]
    recover(project)
    fail(project)
    assert kinds(peer) == ["firing", "resolved", "firing"]


def test_another_cause_of_the_same_step_is_sent_at_once(make, peer):
    project = make(hook(peer, "throttle_minutes = 600"))
    fail(project, "NETWORK")
    fail(project, "VALIDATION")
    assert kinds(peer) == ["firing", "firing"]
    assert len(project.call("alerts", "list", "--open", "--json").json) == 2


def test_the_same_cause_in_two_partitions_is_one_incident_that_names_the_partition(make, peer):
    project = make(hook(peer))
    fail(project, week="20260227")
    fail(project, week="20260306")
    [body] = bodies(peer)
    assert body["metadata"]["partition"] == {"week": "20260227"}
    assert len({row["incident_id"] for row in project.call("alerts", "list", "--json").json}) == 1


def test_the_body_of_a_failure_has_the_error_that_the_page_shows(make, peer):
    fail(make(hook(peer)))
    [body] = bodies(peer)
    assert body["error"] == {
        "error_type": "NetworkError",
        "message": "no route to host",
        "category": "NETWORK",
        "retryable": True,
    }


def test_a_resolution_says_what_was_resolved_and_how_long_it_lasted(make, peer, fixed_clock):
    project = make(hook(peer))
    fail(project)
    fixed_clock.advance(30)
    fail(project)
    fixed_clock.advance(7770)
    recover(project)
    [*_, body] = bodies(peer)
    assert (body["title"], body["error"]) == ("weekly, step load", None)
    assert body["message"] == "Resolved after 2 h 10 min: 2 failures since 2026-01-01 00:00:00 UTC."


@pytest.mark.slow
def test_grouped_alerts_are_sent_when_the_next_run_of_any_workflow_ends(make, peer, fixed_clock):
    project = make(hook(peer))
    for _ in range(3):
        fail(project)
    assert project.call("run", "other").code == 0
    assert kinds(peer) == ["firing"]
    fixed_clock.advance(301)
    assert project.call("run", "other").code == 0
    assert [body["metadata"].get("suppressed_count") for body in bodies(peer)] == [None, 1]


def test_grouped_alerts_are_sent_when_a_run_waits(make, peer, fixed_clock):
    project = make(hook(peer))
    for _ in range(2):
        fail(project)
    fixed_clock.advance(301)
    with open_project(project.root) as opened:
        result = opened.runner((), TriggerSource.API, park_waits=True).execute(workflow_registry.get("waiting"))
        assert result.status is WorkflowStatus.WAITING
    assert len(peer.received) == 2


@pytest.mark.parametrize(
    "command",
    [
        ["flush"],
        ["retry", "latest"],
        ["ack", "latest"],
        ["silence", "--match", "source=nothing", "--until", "1h"],
    ],
    ids=lambda command: command[0],
)
def test_grouped_alerts_are_sent_by_each_command_that_sends(make, peer, fixed_clock, command):
    project = make(hook(peer) + '[channels.terminal]\ntype = "console"\nenabled = true\nmin_severity = "CRITICAL"\n')
    fail(project)
    fail(project)
    fixed_clock.advance(301)
    project.call("alerts", "list")
    assert len(peer.received) == 1
    assert project.call("alerts", *command).code == 0
    assert len(peer.received) == 2


@pytest.mark.parametrize("command", ["ack", "resolve"])
def test_latest_is_the_newest_open_incident_and_not_one_that_is_over(make, peer, fixed_clock, command):
    project = make(hook(peer))
    fail(project, "NETWORK")
    fixed_clock.advance(60)
    fail(project, "VALIDATION")
    newer, older = project.call("alerts", "list", "--json").json
    assert project.call("alerts", "resolve", newer["id"]).code == 0
    assert project.call("alerts", command, "latest", "--json").json["alert_id"] == older["id"]
    assert project.call("alerts", "resolve", older["id"]).code == 0
    nothing = project.call("alerts", command, "latest")
    assert (nothing.code, nothing.err) == (2, "Error: no incident is open: list the alerts with spine alerts list\n")


def test_suppressed_alerts_are_listed_with_the_reason(make, peer):
    project = make(hook(peer))
    fail(project)
    fail(project)
    silence = ["--match", "source=weekly", "--until", "2h", "--comment", "maintenance"]
    assert project.call("alerts", "silence", *silence).code == 0
    fail(project)
    found = project.call("alerts", "list", "--json").json
    assert [(row["delivery"], row["reason"]) for row in found] == [
        ("SILENCED", "ops: silenced until 2026-01-01 02:00:00 UTC (maintenance)"),
        ("SILENCED", "ops: silenced until 2026-01-01 02:00:00 UTC (maintenance)"),
        ("SENT", None),
    ]
    assert len(project.call("alerts", "list", "--unsent", "--json").json) == 2
    assert "silenced" in project.call("alerts", "list").out


def test_a_throttled_alert_says_when_it_will_be_sent(make, peer):
    project = make(hook(peer))
    for _ in range(3):
        fail(project)
    reasons = [row["reason"] for row in project.call("alerts", "list", "--unsent", "--json").json]
    assert sorted(reasons) == [
        "ops: throttled until 2026-01-01 00:05:00 UTC",
        "ops: throttled: the next message of this cause counts it",
    ]


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ('min_severity = "CRITICAL"', "no channel takes it (ops: ERROR is below its min_severity CRITICAL)"),
        ("enabled = false", "no channel takes it (ops: it is disabled)"),
        (None, "there is no such alert channel: add [channels.NAME] to spine.toml"),
    ],
)
def test_an_alert_that_no_channel_takes_says_why(make, peer, more, reason):
    project = make("" if more is None else hook(peer, more))
    fail(project)
    [row] = project.call("alerts", "list", "--unsent", "--json").json
    assert (row["delivery"], row["reason"]) == ("UNROUTED", reason)
    assert reason in project.call("alerts", "show", "latest").out
    assert row_of(project, "alerts")["says"] == "1 of ERROR or worse taken by no channel"


@pytest.mark.slow
def test_the_doctor_counts_what_was_suppressed_and_fails_for_what_was_lost(make, peer, fixed_clock):
    project = make(hook(peer))
    assert row_of(project, "alerts")["says"] == "every alert of the last 7 days was delivered"
    fail(project)
    fail(project)
    row = row_of(project, "alerts")
    assert (row["status"], row["says"]) == ("warn", "1 throttled")
    fixed_clock.advance(601)
    row = row_of(project, "alerts")
    assert row["status"] == "fail"
    assert row["says"].startswith("1 should have been sent")
    assert row["fix"] == "spine alerts flush"
    peer.usual = Answer(404)
    project.call("alerts", "flush")
    row = row_of(project, "alerts")
    failed = next(alert for alert in project.call("alerts", "list", "--json").json if alert["delivery"] == "FAILED")
    assert (row["status"], row["says"], row["fix"]) == (
        "fail",
        "1 could not be delivered",
        f"spine alerts retry {failed['id']}",
    )
    fixed_clock.advance(8 * 24 * 3600)
    assert row_of(project, "alerts")["status"] == "ok"


def test_a_pause_is_shown_by_channels_doctor_and_flush_and_kept_by_the_next_command(make, peer, fixed_clock):
    project = make(hook(peer))
    peer.usual = Answer(429, "", {"Retry-After": "900"})
    fail(project, "NETWORK")
    fail(project, "VALIDATION")
    assert len(peer.received) == 1
    [channel] = project.call("alerts", "channels", "--json").json
    assert channel["paused_until"] == "2026-01-01T00:15:00+00:00"
    said = "paused until 2026-01-01 00:15:00 UTC, as its service asks"
    assert said in row_of(project, "channel ops")["says"]
    flushed = project.call("alerts", "flush", "--json")
    assert (flushed.json, said in flushed.err) == ([], True)
    peer.usual = Answer()
    fixed_clock.advance(901)
    assert project.call("run", "other").code == 0
    assert len(peer.received) == 3
    assert [row["paused_until"] for row in project.call("alerts", "channels", "--json").json] == [None]


def test_tests_of_a_channel_that_failed_are_no_lost_alerts(make, peer):
    project = make(hook(peer))
    peer.usual = Answer(404)
    assert project.call("alerts", "test", "ops").code == 1
    assert row_of(project, "alerts")["status"] == "ok"


@pytest.mark.slow
def test_one_flush_sends_a_failure_and_the_recovery_that_followed(make, peer):
    project = make(hook(peer))
    peer.usual = Answer(503)
    fail(project)
    recover(project)
    peer.usual = Answer()
    peer.received.clear()
    assert project.call("alerts", "flush").code == 0
    assert len(peer.received) == 2
    assert project.call("alerts", "flush").out == "nothing to send\n"
