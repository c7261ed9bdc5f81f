"""Metrics of schedules: ticks, how late their runs started, and when the next ones are due."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from sqlalchemy import func, select

from spine.scheduling.tick import TickStatus
from spine.storage.metrics.family import Family, Histogram, Sample
from spine.storage.metrics.reading import Reading, within
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedule_runs as ticks
from spine.storage.tables.schedules import schedules

_STARTED = "STARTED"
_WITHOUT_RUN = [TickStatus.SKIPPED.name, TickStatus.MISSED.name, TickStatus.FAILED.name]


def schedule_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of schedules that `spine.toml` or a command has declared and not removed."""
    query = select(schedules.c.name, schedules.c.enabled, schedules.c.paused_at, schedules.c.next_run_at).where(
        reading.history.own(schedules), schedules.c.gone_at.is_(None)
    )
    found = {row.name: row for row in reading.rows(query)}
    kept = reading.kept("schedule", found)
    active = {name: found[name] for name in kept if found[name].enabled and found[name].paused_at is None}
    is_active = [Sample({"schedule": name}, name in active) for name in kept]
    yield Family("spine_schedule_active", "gauge", "1 if the schedule starts runs, 0 if it is paused.", is_active)
    due = {name: row.next_run_at for name, row in active.items() if row.next_run_at is not None}
    coming = [Sample({"schedule": name}, at.timestamp()) for name, at in due.items()]
    yield Family("spine_schedule_next_tick_timestamp_seconds", "gauge", "Time of the next tick.", coming)
    overdue = [Sample({"schedule": name}, max((reading.now - at).total_seconds(), 0.0)) for name, at in due.items()]
    yield Family("spine_schedule_overdue_seconds", "gauge", "Time since the next tick was due; 0 before.", overdue)
    yield from _tick_families(reading, kept)


def _tick_families(reading: Reading, names: Sequence[str]) -> Iterator[Family]:
    counts = Counter({(name, status): 0 for name in names for status in (_STARTED, *_WITHOUT_RUN)})
    late = {name: Histogram() for name in names}
    started = (
        select(ticks.c.schedule_name, ticks.c.scheduled_at, runs.c.started_at)
        .join(runs, runs.c.run_id == ticks.c.run_id)
        .where(reading.history.own(runs), runs.c.started_at >= reading.since)
    )
    for schedule, scheduled_at, started_at in reading.rows(started):
        name = within(schedule, names)
        counts[name, _STARTED] += 1
        late.setdefault(name, Histogram()).observe(max((started_at - scheduled_at).total_seconds(), 0.0))
    without = (
        select(ticks.c.schedule_name, ticks.c.status, func.count())
        .where(reading.history.own(ticks), ticks.c.status.in_(_WITHOUT_RUN), ticks.c.run_id.is_(None))
        .where(ticks.c.scheduled_at >= reading.since)
        .group_by(ticks.c.schedule_name, ticks.c.status)
    )
    for schedule, status, count in reading.rows(without):
        counts[within(schedule, names), status] += count
    samples = [Sample({"schedule": name, "status": status}, count) for (name, status), count in sorted(counts.items())]
    says = "Ticks since midnight UTC: runs started, and ticks that were skipped, missed or failed to start a run."
    yield Family("spine_schedule_ticks_total", "counter", says, samples)
    yield Family(
        "spine_schedule_lateness_seconds",
        "histogram",
        "Time from a tick to the start of its run, of the runs started since midnight UTC.",
        [sample for name, kept in sorted(late.items()) for sample in kept.samples({"schedule": name})],
    )
