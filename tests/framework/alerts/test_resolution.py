"""A resolution says what was resolved, since when, how long it lasted and how often it failed."""

from __future__ import annotations

from datetime import timedelta

import pytest
from attrs import evolve

from spine.framework.alerts import Alert
from spine.framework.alerts.channels.console import render
from spine.framework.alerts.content import MessageKind, build_content
from spine.framework.alerts.resolution import resolution_of, with_incident
from tests.framework.alerts.ended import ALERT, ENDED, SAID, START


def test_it_names_the_workflow_and_the_step_and_not_the_failure() -> None:
    shown = render(build_content(ENDED, kind=MessageKind.RESOLVED))
    assert shown.splitlines() == [
        "[RESOLVED] weekly, step load",
        f"  {SAID}",
        "  source: weekly",
        "  run: r1",
        "  step: load",
        "  partition: week=20260227",
        "  look closer: spine runs show r1",
    ]


def test_its_time_is_the_end_of_the_incident() -> None:
    assert build_content(ENDED, kind=MessageKind.RESOLVED).time == "2026-03-02 08:10:07 UTC"


def test_an_alert_of_ones_own_keeps_its_title_and_counts_alerts() -> None:
    alert = Alert("ERROR", "too few rows", "12 rows", "loader")
    resolved = resolution_of(with_incident(alert, START, START + timedelta(seconds=5), 1))
    assert (resolved.title, resolved.message) == (
        "too few rows",
        "Resolved after 5 s: 1 alert since 2026-03-02 06:00:07 UTC.",
    )


def test_without_an_incident_it_says_when_the_alert_was() -> None:
    assert resolution_of(ALERT).message == "Resolved; the alert was of 2026-03-02 06:00:07 UTC."


@pytest.mark.parametrize(
    ("lasted", "shown"),
    [
        (timedelta(0), "0 s"),
        (timedelta(seconds=61), "1 min 1 s"),
        (timedelta(hours=1), "1 h"),
        (timedelta(days=2, minutes=5), "2 d"),
        (timedelta(days=2, hours=3, minutes=5), "2 d 3 h"),
        (-timedelta(seconds=1), "0 s"),
    ],
)
def test_a_duration_has_two_units_at_most(lasted: timedelta, shown: str) -> None:
    assert resolution_of(with_incident(ALERT, START, START + lasted, 2)).message.startswith(
        f"Resolved after {shown}: 2 failures"
    )


def test_it_has_no_error_and_the_same_identity() -> None:
    resolved = resolution_of(ENDED)
    assert resolved.error is None
    assert evolve(resolved, title="", message="").fingerprint == ALERT.fingerprint
    assert (resolved.alert_id, resolved.incident_key) == (ALERT.alert_id, ALERT.incident_key)
