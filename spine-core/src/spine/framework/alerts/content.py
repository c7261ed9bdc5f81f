"""Content of a message about an alert. Each channel renders it, and escapes it for its target."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from enum import Enum
from typing import Any
from urllib.parse import quote

from attrs import evolve, frozen

from spine.core.errors import categorize_error, is_retryable
from spine.core.kept_text import kept_text
from spine.core.plain_text import one_line, plain_text
from spine.framework.alerts.alert import Alert, AlertSeverity, json_values
from spine.framework.alerts.resolution import INCIDENT, WORKFLOW, ended_at, resolution_of

SUPPRESSED_COUNT = "suppressed_count"
_LINK_CHARACTERS = 2000  # the length that every browser accepts
_OWN_KEYS = {"step", "error_category", "retryable", "look_closer", SUPPRESSED_COUNT, WORKFLOW}
_LABELS = {"source", "domain", "run", "step", "error", "category", "retryable"}  # of the facts of every alert
_LABELS |= {"message", "look closer", "link", "time", "report"}  # of what channels add


class MessageKind(str, Enum):
    """Kind of a message: the incident fires, or it is resolved."""

    FIRING = "firing"
    RESOLVED = "resolved"


@frozen
class Content:
    """Parts of a message: text that is safe on a terminal, but not yet escaped for HTML, Slack and so on.

    Only `message` may have several lines. `facts` are labels and values in display order.
    """

    kind: MessageKind
    severity: AlertSeverity
    title: str
    message: str
    facts: tuple[tuple[str, str], ...]
    time: str
    command: str | None = None
    link: str | None = None
    suppressed: int = 0

    @property
    def label(self) -> str:
        """Label in brackets before the title: the severity, or that the incident is resolved."""
        return "RESOLVED" if self.kind is MessageKind.RESOLVED else self.severity.value

    @property
    def headline(self) -> str:
        """Summary in one line: `[ERROR] FINRA Ingestion Failed (+ 12 more)`."""
        return f"[{self.label}] {self.title}{self.more}"

    @property
    def more(self) -> str:
        """Number of further alerts of the same cause, as text; empty if there are none."""
        return f" (+ {self.suppressed:,} more)" if self.suppressed else ""

    @property
    def details(self) -> tuple[tuple[str, str], ...]:
        """Facts, followed by the command and the link, if any."""
        last = {"look closer": self.command, "link": self.link}
        return (*self.facts, *((label, value) for label, value in last.items() if value))


def build_content(alert: Alert, *, kind: MessageKind = MessageKind.FIRING, base_url: str | None = None) -> Content:
    """Return the content for `alert`, or for its resolution; the page of its run is at `runs/RUN` below `base_url`."""
    alert = evolve(alert, metadata=json_values(alert.metadata))
    if kind is MessageKind.RESOLVED:
        alert = resolution_of(alert)
    metadata, end = alert.metadata, ended_at(alert)
    own_keys = _OWN_KEYS if end is None else {*_OWN_KEYS, INCIDENT}
    category, retryable = _judge_error(alert)
    facts = {
        "source": alert.source,
        "domain": alert.domain,
        "run": alert.run_id,
        "step": metadata.get("step"),
        "error": describe_briefly(alert.error),
        "category": category,
        "retryable": retryable,
    }
    facts |= {_label(key): value for key, value in metadata.items() if key not in own_keys}
    return Content(
        kind=kind,
        severity=alert.severity,
        title=one_line(alert.title).strip() or "(no title)",
        message=plain_text(alert.message).strip("\n"),
        facts=tuple((label, _fact(_shown(value))) for label, value in facts.items() if value is not None),
        time=f"{end or alert.created_at:%Y-%m-%d %H:%M:%S} UTC",
        command=_command(alert),
        link=_link(alert, base_url),
        suppressed=_suppressed(metadata.get(SUPPRESSED_COUNT)),
    )


def _label(key: str) -> str:
    """Return the label of a metadata key; one that would pass for a part of the message says where it is from."""
    label = _fact(key)
    return f"metadata.{label}" if label.strip().casefold() in _LABELS else label


def _fact(text: str) -> str:
    return one_line(kept_text(text))


def _shown(value: Any) -> str:
    """Return a fact as text; a mapping, such as a partition, as `week=20260227, venue=otc`."""
    if isinstance(value, Mapping):
        return ", ".join(f"{key}={item}" for key, item in value.items())
    return str(value)


def describe_briefly(error: BaseException | Mapping[str, Any] | str | None) -> str | None:
    """Return an error as one text: its type, if that is known, and its message."""
    if isinstance(error, Mapping):
        message, kind = str(error.get("message", "")), error.get("error_type")
        return f"{kind}: {message}" if kind and not message.startswith(f"{kind}: ") else message
    if not isinstance(error, BaseException):
        return error
    from spine.core.failure import kept_error  # most runs have no alert

    return kept_error(error, named=True)


def _judge_error(alert: Alert) -> tuple[str | None, str | None]:
    category, retryable = alert.metadata.get("error_category"), alert.metadata.get("retryable")
    if isinstance(alert.error, Mapping):
        category = alert.error.get("category") if category is None else category
        retryable = alert.error.get("retryable") if retryable is None else retryable
    if isinstance(alert.error, BaseException):
        category = categorize_error(alert.error) if category is None else category
        retryable = is_retryable(alert.error) if retryable is None else retryable
    if isinstance(category, Enum):
        category = category.value
    shown = None if retryable is None else str(retryable)
    return (None if category is None else str(category)), {"True": "yes", "False": "no"}.get(str(shown), shown)


def _command(alert: Alert) -> str | None:
    given = alert.metadata.get("look_closer")
    if given is not None:
        return one_line(str(given))
    # quoted, to be pasted into a shell
    return f"spine runs show {shlex.quote(one_line(alert.run_id))}" if alert.run_id else None


def _link(alert: Alert, base_url: str | None) -> str | None:
    if not base_url or not alert.run_id:
        return None
    link = f"{base_url.rstrip('/')}/runs/{quote(alert.run_id.encode('utf-8', 'replace'), safe='')}"
    return link if len(link) <= _LINK_CHARACTERS else None


def _suppressed(count: Any) -> int:
    return count if isinstance(count, int) and count > 0 else 0
