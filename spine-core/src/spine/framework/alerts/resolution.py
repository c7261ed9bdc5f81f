"""Resolution of an incident: what was resolved, since when, how long it lasted, and how often it failed."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from attrs import evolve, frozen

from spine.core.plain_text import counted
from spine.framework.alerts.alert import Alert

INCIDENT = "incident"  # metadata key of a resolution: opened_at, resolved_at and alert_count of the incident
WORKFLOW = "workflow"  # metadata key of the alert of a failed run
_OF_THE_FAILURE = ("error_category", "retryable", "suppressed_count")
_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))


@frozen
class _Incident:
    start: datetime
    end: datetime
    count: int


def with_incident(alert: Alert, opened_at: datetime, resolved_at: datetime, alert_count: int) -> Alert:
    """Return `alert` with the facts of its incident in the metadata, for a resolution."""
    facts = {"opened_at": opened_at.isoformat(), "resolved_at": resolved_at.isoformat(), "alert_count": alert_count}
    return evolve(alert, metadata={**alert.metadata, INCIDENT: facts})


def resolution_of(alert: Alert) -> Alert:
    """Return `alert` with the text of its resolution instead of the failure's; without the error."""
    metadata = {key: value for key, value in alert.metadata.items() if key not in _OF_THE_FAILURE}
    return evolve(alert, title=_subject(alert), message=_summary(alert), error=None, metadata=metadata)


def ended_at(alert: Alert) -> datetime | None:
    """Return the end of the incident of a resolution, None for any other alert."""
    facts = _incident(alert)
    return None if facts is None else facts.end


def _subject(alert: Alert) -> str:
    workflow, step = alert.metadata.get(WORKFLOW), alert.metadata.get("step")
    if workflow is None:
        return alert.title
    return f"{workflow}, step {step}" if step else str(workflow)


def _summary(alert: Alert) -> str:
    facts = _incident(alert)
    if facts is None:
        return f"Resolved; the alert was of {alert.created_at:%Y-%m-%d %H:%M:%S} UTC."
    many = counted(facts.count, "failure" if WORKFLOW in alert.metadata else "alert")
    return f"Resolved after {_shown(facts.end - facts.start)}: {many} since {facts.start:%Y-%m-%d %H:%M:%S} UTC."


def _incident(alert: Alert) -> _Incident | None:
    found = alert.metadata.get(INCIDENT)
    if not isinstance(found, Mapping) or found.keys() != {"opened_at", "resolved_at", "alert_count"}:
        return None  # of the sender of the alert
    try:
        start, end = (datetime.fromisoformat(found[name]) for name in ("opened_at", "resolved_at"))
        return _Incident(start.astimezone(UTC), end.astimezone(UTC), int(found["alert_count"]))
    except (TypeError, ValueError, OverflowError):
        return None


def _shown(lasted: timedelta) -> str:
    """Return a duration in its largest unit and the next one, such as `2 h 10 min`."""
    left = max(int(lasted.total_seconds()), 0)
    numbers: list[tuple[int, str]] = []
    for unit, seconds in _UNITS:
        number, left = divmod(left, seconds)
        if number or numbers:
            numbers.append((number, unit))
    return " ".join(f"{number} {unit}" for number, unit in numbers[:2] if number) or "0 s"
