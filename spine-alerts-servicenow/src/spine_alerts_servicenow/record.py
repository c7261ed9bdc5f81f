"""Incidents of ServiceNow: the fields of its table `incident`."""

from __future__ import annotations

import re

from spine.core.plain_text import shorten
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.content import Content, MessageKind, build_content

_SHORT_DESCRIPTION_CHARACTERS = 160
_DESCRIPTION_CHARACTERS = 4000

# impact and urgency, of which ServiceNow makes the priority: 1 high, 2 medium, 3 low
_URGENCIES = {
    AlertSeverity.CRITICAL: "1",
    AlertSeverity.ERROR: "2",
    AlertSeverity.WARNING: "3",
    AlertSeverity.INFO: "3",
}
_MARKUP = re.compile(r"\[(/?code)\]", re.IGNORECASE)


def new_incident(alert: Alert, base_url: str | None) -> dict[str, str]:
    """Return the fields of an incident that is to be opened."""
    content = build_content(alert, base_url=base_url)
    urgency = _URGENCIES[alert.severity]
    return {
        "short_description": shorten(content.headline, _SHORT_DESCRIPTION_CHARACTERS, _inert),
        "description": shorten(_text(content), _DESCRIPTION_CHARACTERS, _inert),
        "urgency": urgency,
        "impact": urgency,
        "correlation_id": alert.incident_key,
        "correlation_display": "Spine",
    }


def another_time(alert: Alert, base_url: str | None) -> dict[str, str]:
    """Return the change that adds a work note about a repetition to an open incident."""
    content = build_content(alert, base_url=base_url)
    notes = f"Again: {content.headline}\n{_text(content)}"
    return {"work_notes": shorten(notes, _DESCRIPTION_CHARACTERS, _inert)}


def closing(alert: Alert, base_url: str | None, state: str, code: str) -> dict[str, str]:
    """Return the change that closes an incident."""
    content = build_content(alert, kind=MessageKind.RESOLVED, base_url=base_url)
    notes = f"{content.headline}\n{_text(content)}"
    return {"state": state, "close_code": code, "close_notes": shorten(notes, _DESCRIPTION_CHARACTERS, _inert)}


def _text(content: Content) -> str:
    lines = [content.message, "", *(f"{label}: {value}" for label, value in content.details), f"time: {content.time}"]
    return "\n".join(lines).strip("\n")


def _inert(text: str) -> str:
    """Return `text` without the tags between which ServiceNow's notes show HTML."""
    return _MARKUP.sub(r"[ \1 ]", text)
