"""Incidents of ServiceNow: the fields of its table `incident`."""

from __future__ import annotations

import re

from spine.core.plain_text import lines_within, shorten
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.content import Content, MessageKind, build_content

_SHORT_DESCRIPTION_CHARACTERS = 160
_DESCRIPTION_CHARACTERS = 4000
_FACT_CHARACTERS = 500
_FACTS_CHARACTERS = 2000  # together, so that of a long message enough is seen

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
        "description": _text(content),
        "urgency": urgency,
        "impact": urgency,
        "correlation_id": alert.incident_key,
        "correlation_display": "Spine",
    }


def another_time(alert: Alert, base_url: str | None) -> dict[str, str]:
    """Return the change that adds a work note about a repetition to an open incident."""
    content = build_content(alert, base_url=base_url)
    return {"work_notes": _text(content, f"Again: {content.headline}")}


def closing(alert: Alert, base_url: str | None, state: str, code: str) -> dict[str, str]:
    """Return the change that closes an incident."""
    content = build_content(alert, kind=MessageKind.RESOLVED, base_url=base_url)
    return {"state": state, "close_code": code, "close_notes": _text(content, content.headline)}


def _text(content: Content, first: str = "") -> str:
    """Return the first line, the message and the facts; of too long a text the message is cut, not where to look."""
    last = [("look closer", content.command), ("link", content.link), ("time", content.time)]
    ending = [_line(label, value) for label, value in last if value]
    room = _FACTS_CHARACTERS - sum(len(line) + 1 for line in ending)
    facts = lines_within((_line(label, value) for label, value in content.facts), room)
    below = "\n".join([*facts, *ending])
    above = f"{first}\n{content.message}\n" if first else f"{content.message}\n"
    return f"{shorten(above, _DESCRIPTION_CHARACTERS - len(below) - 1, _inert)}\n{below}".strip("\n")


def _line(label: str, value: str) -> str:
    return shorten(f"{label}: {value}", _FACT_CHARACTERS, _inert)


def _inert(text: str) -> str:
    """Return `text` without the tags between which ServiceNow's notes show HTML."""
    return _MARKUP.sub(r"[ \1 ]", text)
