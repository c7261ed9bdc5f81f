"""Ends of open incidents: which of them the next completed run resolves, and which wait for `spine alerts resolve`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import select

from spine.core.plain_text import counted
from spine.orchestration.alerts.rules import not_started_fingerprint, sla_fingerprint
from spine.orchestration.status import WorkflowStatus
from spine.storage.history import History
from spine.storage.tables.alerts import alerts
from spine.storage.tables.runs import runs

_NOT_STARTED = not_started_fingerprint("")


def with_endings(
    history: History, found: Sequence[Mapping[str, Any]], recovers: Callable[[str], bool]
) -> list[dict[str, Any]]:
    """Return rows of alerts with `ends_after`, such as `a completed run of prices (day=2026-01-02)`.

    One of failures in several partitions ends after the last of them; the text says how many more there are. It is
    None where the incident has ended, and where only `spine alerts resolve` ends it. `recovers` says of a workflow that
    its completed runs resolve incidents.
    """
    ids = {row["incident_id"] for row in found if row["incident_id"]}
    if not ids:
        return [{**row, "ends_after": None} for row in found]
    columns = [alerts.c[name] for name in ("id", "incident_id", "fingerprint", "at_run_end", "resolved_at", "run_id")]
    of_runs = (runs.c.workflow_name, runs.c.partition_key, runs.c.status)
    joined = alerts.outerjoin(runs, runs.c.run_id == alerts.c.run_id)
    is_open = (alerts.c.incident_id.in_(ids), alerts.c.resolved_at.is_(None))
    ends: dict[str, dict[str, str | None]] = {}
    with history.reader.connect() as connection:
        query = select(*columns, *of_runs).select_from(joined).where(*is_open).order_by(alerts.c.created_at)
        for row in connection.execute(query).mappings():
            ends.setdefault(row["incident_id"], {})[row["id"]] = _end(dict(row), recovers)
    return [{**row, "ends_after": _of_all(row["id"], ends.get(row["incident_id"], {}))} for row in found]


def _of_all(alert_id: str, ends: Mapping[str, str | None]) -> str | None:
    """Return how an incident ends whose open alerts end so, seen from one of them."""
    texts = [text for text in dict.fromkeys(ends.values()) if text is not None]
    if not texts or None in ends.values():
        return None
    own, others = ends.get(alert_id) or texts[-1], len(texts) - 1
    return f"{own}, and of {counted(others, 'other partition')}" if others else own


def _end(alert: Mapping[str, Any], recovers: Callable[[str], bool]) -> str | None:
    if alert["fingerprint"].startswith(_NOT_STARTED):
        return f"a completed run of schedule {alert['fingerprint'].removeprefix(_NOT_STARTED)}"
    workflow: str | None = alert["workflow_name"]
    if workflow is None or not recovers(workflow):
        return None
    is_late = alert["fingerprint"] == sla_fingerprint(workflow)
    if not (is_late or alert["at_run_end"] or WorkflowStatus[alert["status"]].has_failed):
        return None
    partition = ", ".join(f"{name}={value}" for name, value in alert["partition_key"].items())
    return f"a completed run of {workflow}" + (f" ({partition})" if partition else "")
