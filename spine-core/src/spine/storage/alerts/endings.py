"""Ends of open incidents: which of them the next completed run resolves, and which wait for `spine alerts resolve`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from spine.orchestration.alerts.rules import not_started_fingerprint, sla_fingerprint
from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.runs import runs

_NOT_STARTED = not_started_fingerprint("")


def with_endings(
    history: History, found: Sequence[Mapping[str, Any]], recovers: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Return rows of alerts with `ends_after`, such as `a completed run of prices (day=2026-01-02)`.

    It is None where the incident has ended, and where only `spine alerts resolve` ends it. `recovers` says of a
    workflow that its completed runs resolve incidents.
    """
    ids = {row["run_id"] for row in found if row["run_id"] and row["resolved_at"] is None}
    query = select(runs.c.run_id, runs.c.workflow_name, runs.c.partition_key, runs.c.status)
    of_run: dict[str, Mapping[str, Any]] = {}
    if ids:
        with history.reader.connect() as connection:
            for run in connection.execute(query.where(runs.c.run_id.in_(ids))).mappings():
                of_run[run["run_id"]] = dict(run)
    return [{**row, "ends_after": _end(row, of_run.get(row["run_id"]), recovers)} for row in found]


def _end(alert: Mapping[str, Any], run: Mapping[str, Any] | None, recovers: Callable[[str], bool]) -> str | None:
    if alert["incident_id"] is None or alert["resolved_at"] is not None:
        return None
    if alert["fingerprint"].startswith(_NOT_STARTED):
        return f"a completed run of schedule {alert['fingerprint'].removeprefix(_NOT_STARTED)}"
    if run is None or not recovers(run["workflow_name"]):
        return None
    is_late = alert["fingerprint"] == sla_fingerprint(run["workflow_name"])
    if not (is_late or alert["at_run_end"] or WorkflowStatus[run["status"]].has_failed):
        return None
    partition = ", ".join(f"{name}={value}" for name, value in run["partition_key"].items())
    return f"a completed run of {run['workflow_name']}" + (f" ({partition})" if partition else "")
