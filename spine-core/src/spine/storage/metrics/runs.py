"""Metrics of runs: how they ended, how long they took, what is open, what waits, and what was taken over."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from attrs import define, field
from sqlalchemy import case, func, or_, select

from spine.orchestration.events import RunParked, RunResumed, RunStarted, StepWaiting
from spine.orchestration.lease import is_lease_held
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.orchestration.status import WorkflowStatus
from spine.storage.metrics.family import Family, Histogram, Sample, bucket_columns
from spine.storage.metrics.reading import GOOD, NEWEST, OPEN, Reading, within
from spine.storage.tables.runs import events, runs

_ENDED = [status.name for status in WorkflowStatus if status.has_ended]
_END_EVENTS = {f"run.{status.value}": status.name for status in WorkflowStatus if status.has_ended}
_HELD_EVENTS = (RunStarted.event_type, RunResumed.event_type)  # a process has the run after them
_LEFT_EVENTS = (RunParked.event_type, StepWaiting.event_type, *_END_EVENTS)


@define
class _Ends:
    """Ends of runs since midnight."""

    workflows: Sequence[str]
    counts: Counter[tuple[str, str]] = field(factory=Counter)
    durations: dict[str, Histogram] = field(factory=dict)
    takeovers: Counter[str] = field(factory=Counter)

    def __attrs_post_init__(self) -> None:
        for name in self.workflows:
            self.durations[name] = Histogram()
            self.takeovers[name] = 0
            self.counts.update({(name, status): 0 for status in _ENDED})

    def duration(self, workflow: str) -> Histogram:
        return self.durations.setdefault(workflow, Histogram())


def run_families(reading: Reading) -> Iterator[Family]:
    """Yield the families of runs."""
    workflows = [workflow.name for workflow in reading.workflows]
    ends = _Ends(workflows)
    _add_ends(reading, ends)
    _add_events(reading, ends)
    counts = [
        Sample({"workflow": name, "status": status}, count) for (name, status), count in sorted(ends.counts.items())
    ]
    yield Family("spine_runs_ended_total", "counter", "Ends of runs since midnight UTC.", counts)
    yield Family(
        "spine_run_duration_seconds",
        "histogram",
        "Durations of the runs that reached the end of their workflow since midnight UTC.",
        [each for name, kept in sorted(ends.durations.items()) for each in kept.samples({"workflow": name})],
    )
    taken = [Sample({"workflow": name}, count) for name, count in sorted(ends.takeovers.items())]
    says = "Runs resumed since midnight UTC whose process had died or lost its lease."
    yield Family("spine_run_takeovers_total", "counter", says, taken)
    yield from _open_families(reading, workflows)
    yield _last_successes(reading)
    yield from _queue_families(reading)


def _add_ends(reading: Reading, ends: _Ends) -> None:
    """Count the runs that one process executed from beginning to end; the events of all others are counted."""
    these = reading.runs(runs.c.completed_at >= reading.since, runs.c.fence <= 1).c
    kinds = (these.workflow_name, these.status)
    query = select(*kinds, func.count(), *bucket_columns(these.duration_ms)).where(these.status.in_(_ENDED))
    for workflow, status, count, *sums in reading.rows(query.group_by(*kinds)):
        name = within(workflow, ends.workflows)
        ends.counts[name, status] += count
        if status in GOOD:
            ends.duration(name).add(sums)


def _add_events(reading: Reading, ends: _Ends) -> None:
    """Count the ends and takeovers of runs that were resumed.

    The row of such a run has its latest end only: a counter that counted rows would decrease when a run is resumed.
    """
    payload = case((events.c.event_type.in_(_END_EVENTS), events.c.payload), else_=None)
    for selected in reading.touched_today(runs.c.fence > 1):
        these = selected.c
        query = (
            select(these.run_id, these.workflow_name, events.c.event_type, events.c.timestamp, payload)
            .join(events, events.c.run_id == these.run_id)
            .where(events.c.event_type.in_([*_HELD_EVENTS, *_LEFT_EVENTS]))
            .order_by(events.c.run_id, events.c.id)
        )
        before: tuple[str, str] = ("", "")
        for run_id, workflow, event_type, at, facts in reading.rows(query):
            if at >= reading.since:
                _add_event(ends, within(workflow, ends.workflows), event_type, facts)
                if event_type == RunResumed.event_type and before in [(run_id, held) for held in _HELD_EVENTS]:
                    ends.takeovers[within(workflow, ends.workflows)] += 1
            before = (run_id, event_type)


def _add_event(ends: _Ends, workflow: str, event_type: str, facts: Any) -> None:
    status = _END_EVENTS.get(event_type)
    if status is None:
        return
    ends.counts[workflow, status] += 1
    duration = facts.get("duration_ms") if isinstance(facts, dict) else None
    if status in GOOD and duration is not None:
        ends.duration(workflow).observe(duration / 1000)


def _open_families(reading: Reading, workflows: Sequence[str]) -> Iterator[Family]:
    counts = Counter({(name, status): 0 for name in workflows for status in OPEN})
    these = reading.runs(runs.c.status.in_(OPEN)).c
    kinds = (these.workflow_name, these.status)
    for workflow, status, count in reading.rows(select(*kinds, func.count()).group_by(*kinds)):
        counts[within(workflow, workflows), status] += count
    samples = [Sample({"workflow": name, "status": status}, count) for (name, status), count in sorted(counts.items())]
    yield Family("spine_runs_open", "gauge", "Runs that have not ended.", samples)
    running = select(runs.c.workflow_name, runs.c.lease_owner, runs.c.lease_expires_at).where(
        reading.history.own(runs), runs.c.status == WorkflowStatus.RUNNING.name
    )
    abandoned = Counter(dict.fromkeys(workflows, 0))
    for workflow, owner, expires_at in reading.rows(running):
        abandoned[within(workflow, workflows)] += not is_lease_held(owner, expires_at, reading.now)
    gone = [Sample({"workflow": name}, count) for name, count in sorted(abandoned.items())]
    yield Family("spine_runs_abandoned", "gauge", "Runs that are RUNNING although no living process has them.", gone)


def _last_successes(reading: Reading) -> Family:
    found = {workflow.name: workflow.last_success for workflow in reading.workflows}
    samples = [Sample({"workflow": name}, at.timestamp()) for name, at in found.items() if at is not None]
    says = f"Time of the last success among the newest {NEWEST} runs of a workflow."
    return Family("spine_workflow_last_success_timestamp_seconds", "gauge", says, samples)


def _queue_families(reading: Reading) -> Iterator[Family]:
    waits = or_(runs.c.status == WorkflowStatus.PENDING.name, runs.c.lease_owner == QUEUE_LEASE.owner)
    query = (
        select(runs.c.queue, func.count(), func.min(runs.c.created_at))
        .where(reading.history.own(runs), runs.c.status.in_(OPEN), waits)
        .group_by(runs.c.queue)
    )
    found: dict[str, tuple[int, datetime]] = {"default": (0, reading.now)}
    found |= {queue: (count, oldest) for queue, count, oldest in reading.rows(query)}
    kept = reading.kept("queue", found)
    depth = [Sample({"queue": name}, found[name][0]) for name in kept]
    age = [Sample({"queue": name}, max((reading.now - found[name][1]).total_seconds(), 0.0)) for name in kept]
    yield Family("spine_queue_runs", "gauge", "Runs that wait for a process to execute them.", depth)
    yield Family("spine_queue_oldest_run_seconds", "gauge", "Age of the oldest run that waits for a process.", age)
