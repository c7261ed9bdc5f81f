"""Reading of all metrics of a project."""

from __future__ import annotations

from collections.abc import Iterator

from attrs import evolve

from spine.plugins.discovery import core_version
from spine.storage.clock import StoreClock
from spine.storage.history import History
from spine.storage.metrics.alerts import alert_families
from spine.storage.metrics.data import data_families
from spine.storage.metrics.family import Family, Sample
from spine.storage.metrics.reading import Reading
from spine.storage.metrics.runs import run_families
from spine.storage.metrics.schedules import schedule_families
from spine.storage.metrics.services import service_families
from spine.storage.metrics.steps import step_families

_SUBJECTS = (run_families, step_families, schedule_families, alert_families, data_families, service_families)


def read_metrics(history: History) -> list[Family]:
    """Return the families of metrics of a project, in a fixed order; those of a named project have its label."""
    with history.reader.connect() as connection:
        reading = Reading(history, connection, StoreClock(history.adapter).read(connection))
        found = [family for subject in _SUBJECTS for family in subject(reading)]
    found += _about(reading)
    if not history.project:
        return found
    label = {"project": history.project}
    return [
        evolve(family, samples=[evolve(sample, labels={**label, **sample.labels}) for sample in family.samples])
        for family in found
    ]


def _about(reading: Reading) -> Iterator[Family]:
    cut = [Sample({"label": name}, 1) for name in sorted(reading.cut)]
    yield Family("spine_metrics_cut", "gauge", "Labels with more values than are shown.", cut)
    since = [Sample({}, reading.since.timestamp())]
    yield Family("spine_metrics_since_timestamp_seconds", "gauge", "Time from which counters count.", since)
    yield Family("spine_info", "gauge", "Version of spine-core.", [Sample({"version": core_version()}, 1)])
