"""The numbers of steps of open runs, whose rows have them only at the end."""

from __future__ import annotations

from collections import Counter
from typing import Any

from sqlalchemy import select

from spine.orchestration.status import StepStatus, WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.runs import steps

_ENDED = (StepStatus.COMPLETED, StepStatus.FAILED, StepStatus.SKIPPED)


def with_steps_so_far(history: History, found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows of runs, those of open ones with the numbers of their steps that have ended until now."""
    going = [run["run_id"] for run in found if WorkflowStatus[run["status"]].is_open]
    columns = (steps.c.run_id, steps.c.step_name, steps.c.status)
    query = select(*columns).where(steps.c.run_id.in_(going)).order_by(steps.c.attempt)
    last: dict[str, dict[str, str]] = {run_id: {} for run_id in going}
    with history.reader.connect() as connection:
        for run_id, step, status in connection.execute(query):
            last[run_id][step] = status
    return [{**run, **_numbers(last[run["run_id"]])} if run["run_id"] in last else run for run in found]


def _numbers(last: dict[str, str]) -> dict[str, int]:
    made = Counter(last.values())
    return {f"{status.name.lower()}_steps": made[status.name] for status in _ENDED}
