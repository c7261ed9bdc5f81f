"""Metrics of the attempts of steps."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sqlalchemy import func, select

from spine.orchestration.status import StepStatus
from spine.storage.metrics.family import OTHERS, Family, Histogram, Sample, bucket_columns
from spine.storage.metrics.reading import MOST_NAMES, Reading
from spine.storage.tables.runs import steps
from spine.storage.types import in_parts

_COUNTED = [StepStatus.COMPLETED.name, StepStatus.FAILED.name]


def step_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of steps: of the runs that are open or ended since midnight, the attempts that ended since."""
    found = []
    for selected in reading.touched_today():
        these = selected.c
        kinds = (these.workflow_name, steps.c.step_name, steps.c.status)
        query = (
            select(*kinds, func.count(), *bucket_columns(steps.c.duration_ms))
            .join(steps, steps.c.run_id == these.run_id)
            .where(steps.c.completed_at >= reading.since, steps.c.status.in_(_COUNTED))
            .group_by(*kinds)
        )
        found += reading.rows(query)
    pairs = sorted({*_known(reading), *((row[0], row[1]) for row in found)})
    if len(pairs) > MOST_NAMES:
        reading.cut.add("step")
    kept = set(pairs[:MOST_NAMES])
    counts = Counter({(*pair, status): 0 for pair in kept for status in _COUNTED})
    durations = {pair: Histogram() for pair in kept}
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


def _known(reading: Reading) -> Iterator[tuple[str, str]]:
    """Yield each workflow with the steps of its newest runs: a counter that begins with 1 hides its first increase."""
    names = {run_id: workflow.name for workflow in reading.workflows for run_id in workflow.run_ids}
    for run_ids in in_parts(names):
        query = select(steps.c.run_id, steps.c.step_name).where(steps.c.run_id.in_(run_ids))
        for run_id, step in reading.rows(query):
            yield names[run_id], step
