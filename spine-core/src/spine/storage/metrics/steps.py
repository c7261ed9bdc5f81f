"""Metrics of the attempts of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from spine.orchestration.status import StepStatus
from spine.storage.metrics.family import OTHERS, Family, Histogram, Sample, bucket_columns
from spine.storage.metrics.runs import OPEN
from spine.storage.metrics.scope import MOST_NAMES, Scope
from spine.storage.tables.runs import runs, steps

_COUNTED = [StepStatus.COMPLETED.name, StepStatus.FAILED.name]


def step_families(scope: Scope) -> Iterator[Family]:
    """Yield the families of steps: of the runs that are open or ended since midnight, the attempts that ended since."""
    query = (
        select(
            runs.c.workflow_name, steps.c.step_name, steps.c.status, func.count(), *bucket_columns(steps.c.duration_ms)
        )
        .join(steps, steps.c.run_id == runs.c.run_id)
        .where(scope.history.own(runs), steps.c.completed_at >= scope.since, steps.c.status.in_(_COUNTED))
        .group_by(runs.c.workflow_name, steps.c.step_name, steps.c.status)
    )
    found = []
    for which in ((runs.c.completed_at >= scope.since, runs.c.status.not_in(OPEN)), (runs.c.status.in_(OPEN),)):
        found += scope.rows(query.where(*which))
    pairs = sorted({(row[0], row[1]) for row in found})
    if len(pairs) > MOST_NAMES:
        scope.cut.add("step")
    kept = set(pairs[:MOST_NAMES])
    counts: Counter[tuple[str, str, str]] = Counter()
    durations: dict[tuple[str, str], Histogram] = {}
    for workflow, step, status, count, *sums in found:
        place = (workflow, step) if (workflow, step) in kept else (OTHERS, OTHERS)
        counts.update({(*place, each): count if each == status else 0 for each in _COUNTED})
        durations.setdefault(place, Histogram()).add(sums)
    yield Family(
        "spine_step_attempts_total",
        "counter",
        "Attempts of steps that ended since midnight UTC.",
        [
            Sample({"workflow": workflow, "step": step, "status": status}, count)
            for (workflow, step, status), count in sorted(counts.items())
        ],
    )
    yield Family(
        "spine_step_duration_seconds",
        "histogram",
        "Durations of the attempts of steps that ended since midnight UTC.",
        [
            sample
            for (workflow, step), kept_durations in sorted(durations.items())
            for sample in kept_durations.samples({"workflow": workflow, "step": step})
        ],
    )
