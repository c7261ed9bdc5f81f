"""Metrics of the services of a project: schedulers and workers, on any machine."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import func, select

from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.reading import Reading
from spine.storage.presence import Presence
from spine.storage.tables.schedules import schedulers
from spine.storage.tables.workers import workers


def service_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of schedulers and workers."""
    alive = Presence(reading.history, workers).living(reading.connection)
    yield Family("spine_workers", "gauge", "Workers that live.", [Sample({}, len(alive))])
    at_once = sum(row["concurrency"] for row in alive if row["stopping_at"] is None)
    yield Family("spine_worker_slots", "gauge", "Runs that the living workers execute at once.", [Sample({}, at_once)])
    living = Presence(reading.history, schedulers).living(reading.connection)
    yield Family("spine_schedulers", "gauge", "Schedulers that live.", [Sample({}, len(living))])
    beat = reading.connection.execute(
        select(func.max(schedulers.c.seen_at)).where(reading.history.own(schedulers))
    ).scalar()
    yield Family(
        "spine_scheduler_last_beat_timestamp_seconds",
        "gauge",
        "Time of the last sign of life of a scheduler; none after a scheduler has stopped in order.",
        [] if beat is None else [Sample({}, beat.timestamp())],
    )
