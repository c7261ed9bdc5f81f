"""Acknowledge, resolve and retry alerts, and silence them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from spine.core.duration import parse_duration
from spine.core.errors import ValidationError
from spine.framework.alerts.silence import FIELDS, Silence, parse_matchers
from spine_board.actions.action import Action, Done, Order

if TYPE_CHECKING:
    from spine.project import Project


def acknowledge(project: Project, order: Order) -> Done:
    """Acknowledge the incident of an alert."""
    found = project.alerts.find(order.path["alert"])
    if project.alerts.incident(found["id"])["resolved_at"] is not None:
        raise ValidationError(f"the incident of alert {found['title']!r:.80} is over: there is nothing to acknowledge")
    project.alerts.acknowledge(found["id"])
    return Done(f"{found['title']} is acknowledged", run_id=_known_run(project, found["run_id"]))


def resolve(project: Project, order: Order) -> Done:
    """Resolve the incident of an alert."""
    found = project.alerts.find(order.path["alert"])
    project.alerts.resolve(found["id"])
    return Done(f"{found['title']} is resolved", run_id=_known_run(project, found["run_id"]))


def retry(project: Project, order: Order) -> Done:
    """Send again what no channel has delivered."""
    found = project.alerts.find(order.path["alert"])
    results = project.alerts.retry(found["id"])
    sent = sum(result.success for result in results)
    return Done(f"{sent} of {len(results)} deliveries succeeded")


def silence(project: Project, order: Order) -> Done:
    """Silence alerts whose fields match, for a time."""
    given = {name: order.text(name) for name in FIELDS if order.text(name)}
    if not given:
        raise ValidationError(f"a silence needs a pattern for one of {', '.join(FIELDS)}", field="match")
    matchers = parse_matchers(f"{name}={pattern}" for name, pattern in given.items())
    length = parse_duration(order.text("until") or "1h")
    comment = f"{order.by}: {order.text('comment')}" if order.text("comment") else f"by {order.by}"
    made = Silence(matchers, project.now() + length, comment)
    project.alerts.silence(made)
    shown = ", ".join(f"{name} {pattern}" for name, pattern in matchers.items())
    return Done(f"alerts with {shown} are silenced for {order.text('until') or '1h'}", "/alerts", facts=matchers)


def _known_run(project: Project, run_id: str | None) -> str | None:
    """Return the id of the run of an alert, if the history has it still."""
    if run_id is None:
        return None
    from spine.core.errors import SpineError

    try:
        return str(project.runs.find(run_id)["run_id"])
    except SpineError:
        return None


ACTIONS = [
    Action("/alerts/{alert}/acknowledge", "acknowledge", "alert", acknowledge),
    Action("/alerts/{alert}/resolve", "resolve alert", "alert", resolve),
    Action("/alerts/{alert}/retry", "retry alert", "alert", retry),
    Action("/silences", "silence", "", silence),
]
