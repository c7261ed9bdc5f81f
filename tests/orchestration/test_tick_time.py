"""The time of a tick in the context of its run."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.tick_time import TickTime

BERLIN = ZoneInfo("Europe/Berlin")
TICK = TickTime(
    "nightly",
    datetime(2026, 10, 26, 2, tzinfo=BERLIN),
    datetime(2026, 10, 25, 2, tzinfo=BERLIN, fold=0),
    datetime(2026, 10, 26, 2, tzinfo=BERLIN),
)


def _seen(context: WorkflowContext, config: dict[str, Any]) -> dict[str, Any]:
    tick = context.schedule
    return {"seen": None if tick is None else [tick.name, *(f"{at:%m-%d %H:%M %Z}" for at in _times(tick))]}


def _times(tick: TickTime) -> list[datetime]:
    return [tick.scheduled_at, tick.interval_start, tick.interval_end]


SEEN = ["nightly", "10-26 02:00 CET", "10-25 02:00 CEST", "10-26 02:00 CET"]


def test_a_step_finds_the_time_of_its_tick_in_the_zone_of_the_schedule() -> None:
    workflow = Workflow("w", [Step.lambda_("a", _seen)])
    result = WorkflowRunner().execute(workflow, tick=TICK)
    assert result.context.get_output("a", "seen") == SEEN
    assert WorkflowRunner().execute(workflow).context.get_output("a", "seen") is None


def test_a_workflow_within_a_workflow_is_about_the_same_tick() -> None:
    inner = Workflow("inner", [Step.lambda_("a", _seen)])
    outer = Workflow("outer", [Step.workflow("b", inner)])
    result = WorkflowRunner().execute(outer, tick=TICK)
    assert "CEST" in str(result.context.outputs)


def test_resolve_params_is_told_the_tick_if_it_takes_one() -> None:
    def one(params: dict[str, Any]) -> dict[str, Any]:
        return {**params, "n": 1}

    def two(params: dict[str, Any], tick: TickTime | None) -> dict[str, Any]:
        return {**params, "day": f"{tick.interval_start:%m-%d}" if tick else "by hand"}

    def named(params: dict[str, Any], tick: TickTime | None = None) -> dict[str, Any]:
        return two(params, tick)

    def other(params: dict[str, Any], today: str = "2026-01-01") -> dict[str, Any]:
        return {**params, "day": today}

    def params_with(resolver: Any, tick: TickTime | None) -> dict[str, Any]:
        return Workflow("w", [], resolve_params=resolver).params_of({}, tick)

    assert params_with(one, TICK) == {"n": 1}
    assert params_with(two, TICK) == params_with(named, TICK) == {"day": "10-25"}
    assert params_with(two, None) == params_with(named, None) == {"day": "by hand"}
    assert params_with(other, TICK) == {"day": "2026-01-01"}


def test_the_json_form_holds_the_same_moments() -> None:
    kept = TickTime.of_execution(TICK.execution())
    assert kept is not None
    assert [at.astimezone(UTC) for at in _times(kept)] == [at.astimezone(UTC) for at in _times(TICK)]
    assert TickTime.of_execution({}) is None
