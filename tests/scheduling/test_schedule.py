"""An invalid schedule is refused with one sentence that names the field and its valid values."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from spine.core.errors import ScheduleError, ValidationError
from spine.scheduling.cron import CronTrigger
from spine.scheduling.interval import IntervalTrigger
from spine.scheduling.one_shot import DateTrigger
from spine.scheduling.schedule import Schedule
from tests.scheduling.schedules import schedule, utc

TARGETS = "write one of workflow and pipeline"
TIMES = "write one of cron, every, at, business_day, on_capture, on_workflow, on_file and on_event"
OVERLAPS = "skip, queue, cancel_old, allow"


def test_each_kind_of_time_has_its_trigger() -> None:
    cron = schedule(cron="0 6 * * MON", timezone="America/New_York", gap="skip", repeat="both")
    assert cron.trigger == CronTrigger("0 6 * * MON", "America/New_York", "skip", "both")
    assert schedule(every="5m").trigger == IntervalTrigger(timedelta(minutes=5))
    assert schedule(every="5m", anchor="2026-01-01T00:01").trigger == IntervalTrigger(
        timedelta(minutes=5), utc("2026-01-01T00:01")
    )
    assert schedule(at="2026-12-01T06:00", timezone="Asia/Tokyo").trigger == DateTrigger(utc("2026-11-30T21:00"))


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"pipeline": "p", "workflow": "w"}, f"workflow and pipeline cannot be given together: {TARGETS}"),
        ({"pipeline": None, "workflow": None}, f"a target is missing: {TARGETS}"),
        ({"workflow": ""}, f"workflow is empty: {TARGETS}"),
        ({"cron": None}, f"a time is missing: {TIMES}"),
        ({"cron": "@daily", "every": "5m"}, f"cron and every cannot be given together: {TIMES}"),
        ({"anchor": "2026-01-01T00:00"}, "anchor belongs to every: a schedule with cron or at has none"),
        ({"timezone": "Europe/Pari"}, "timezone 'Europe/Pari' is not known; did you mean 'Europe/Paris'?"),
        ({"overlap": "cancel"}, f"overlap 'cancel' is not valid: use {OVERLAPS}; did you mean 'cancel_old'?"),
        ({"catch_up": "none"}, "catch_up 'none' is not valid: use skip, one, all; did you mean 'one'?"),
        ({"gap": "x"}, "gap 'x' is not valid: use skip, shift"),
        ({"repeat": "x"}, "repeat 'x' is not valid: use first, both"),
        ({"max_instances": 0}, "max_instances 0 is not valid: use 1 to 1000"),
        ({"catch_up_limit": 1001}, "catch_up_limit 1001 is not valid: use 1 to 1000"),
        ({"misfire_grace_seconds": -1.0}, "misfire_grace_seconds -1.0 is not valid: use 0 to 604800 seconds"),
        ({"jitter_seconds": float("nan")}, "jitter_seconds nan is not valid: use 0 to 604800 seconds"),
    ],
)
def test_what_cannot_be_is_refused(options: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ScheduleError) as caught:
        schedule(**options)
    assert str(caught.value) == sentence


@pytest.mark.parametrize("options", [{"every": "-5m"}, {"at": "soon"}, {"blackouts": ["Sat"]}, {"cron": "0 0 30 2 *"}])
def test_what_a_part_refuses_the_schedule_refuses(options: dict[str, Any]) -> None:
    with pytest.raises(ScheduleError, match=next(iter(options))):
        schedule(**options)


def test_a_name_follows_the_rule_for_names() -> None:
    with pytest.raises(ValidationError, match=r"schedule name '\.\./x' is not valid"):
        schedule(name="../x")


def test_a_date_in_the_past_is_refused_given_the_time() -> None:
    once = schedule(at="2026-12-01T06:00", timezone="America/New_York")
    once.check_future(utc("2026-12-01T10:59"))
    with pytest.raises(ScheduleError, match="at '2026-12-01T06:00' is in the past: it is 2026-12-01T06:00:00-0500 now"):
        once.check_future(utc("2026-12-01T11:00"))


def test_a_schedule_cannot_be_changed_in_place() -> None:
    given: dict[str, Any] = {"week": "latest", "list": [1]}
    subject = Schedule(name="s", workflow="w", every="5m", params=given)
    given["week"] = "other"
    assert subject.params == {"week": "latest", "list": [1]}
    with pytest.raises(TypeError):
        subject.params["week"] = "x"  # type: ignore[index]
    assert subject == Schedule(name="s", workflow="w", every="5m", params={"week": "latest", "list": [1]})


def test_the_target_is_the_workflow_or_the_pipeline() -> None:
    assert schedule(workflow="w").target == "w"
    assert schedule(pipeline="p").target == "p"


def test_there_is_room_for_one_run_unless_overlaps_are_allowed() -> None:
    assert schedule().instance_limit == 1
    assert schedule(max_instances=3).instance_limit == 3
    assert schedule(overlap="allow").instance_limit is None
    assert schedule(overlap="allow", max_instances=3).instance_limit == 3
