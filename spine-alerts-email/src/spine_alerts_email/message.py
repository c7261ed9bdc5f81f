"""An alert as an e-mail with a text and an HTML part."""

from __future__ import annotations

import re
from collections.abc import Sequence
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime
from hashlib import sha256
from html import escape

from attrs import evolve

from spine.core.plain_text import shorten
from spine.framework.alerts import Alert, AlertSeverity
from spine.framework.alerts.content import Content, MessageKind, build_content
from spine.framework.alerts.resolution import ended_at
from spine_alerts_email.attachment import Attachment
from spine_alerts_email.subject import WrittenSubject, encode_subject

_SUBJECT_CHARACTERS = 200
_POLICY = WrittenSubject(linesep="\r\n")
_COLORS = {
    AlertSeverity.INFO: "#2176ae",
    AlertSeverity.WARNING: "#b7791f",
    AlertSeverity.ERROR: "#c00000",
    AlertSeverity.CRITICAL: "#7a0019",
}
_OVER = "#1d7d4f"


def build_message(
    alert: Alert,
    kind: MessageKind,
    sender: Address,
    recipients: Sequence[Address],
    base_url: str | None,
    report: Attachment | None = None,
) -> EmailMessage:
    """Return the e-mail; its Message-ID is the same in a retry, so that receivers can drop duplicates."""
    content = build_content(alert, kind=kind, base_url=base_url)
    if report is not None:
        content = evolve(content, facts=(*content.facts, ("report", report.missing or f"attached as {report.name}")))
    message = EmailMessage(policy=_POLICY)
    message["From"] = sender
    message["To"] = tuple(recipients)
    message["Subject"] = encode_subject(shorten(content.headline, _SUBJECT_CHARACTERS))
    message["Date"] = format_datetime(ended_at(alert) or alert.created_at)
    firing = f"<{_id_word(alert.alert_id)}@{sender.domain}>"
    if kind is MessageKind.RESOLVED:
        message["Message-ID"] = firing.replace("@", ".resolved@", 1)
        message["In-Reply-To"] = message["References"] = firing
    else:
        message["Message-ID"] = firing
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office replies
    message.set_content(_text(content))
    message.add_alternative(_html(content), subtype="html")
    if report is not None and not report.missing:
        message.add_attachment(report.content, maintype="text", subtype="html", filename=report.name)
    return message


def _id_word(alert_id: str) -> str:
    return (
        alert_id
        if re.fullmatch(r"[A-Za-z0-9-]{1,64}", alert_id)
        else sha256(alert_id.encode("utf-8", "surrogatepass")).hexdigest()
    )


def _text(content: Content) -> str:
    facts = [f"{label}: {value}" for label, value in (*content.details, ("time", content.time))]
    parts = [content.headline, *([content.message] if content.message else []), "\n".join(facts)]
    return "\n\n".join(parts) + "\n"


def _html(content: Content) -> str:
    color = _OVER if content.kind is MessageKind.RESOLVED else _COLORS[content.severity]
    facts = (*content.facts, *((("look closer", content.command),) if content.command else ()), ("time", content.time))
    rows = "".join(
        f'<tr><td style="padding:2px 16px 2px 0;color:#666;vertical-align:top">{escape(label)}</td>'
        f'<td style="padding:2px 0;font-family:monospace">{escape(value)}</td></tr>\n'
        for label, value in facts
    )
    link = f'<p><a href="{escape(content.link)}">Open the run</a></p>\n' if content.link else ""
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        '<body style="margin:0;padding:16px;font-family:sans-serif;font-size:14px;color:#222">\n'
        f'<div style="border-left:4px solid {color};padding-left:16px">\n'
        f'<p style="margin:0;color:{color};font-weight:bold">{escape(content.label)}{escape(content.more)}</p>\n'
        f'<h1 style="margin:4px 0 12px;font-size:20px">{escape(content.title)}</h1>\n'
        f'<p style="white-space:pre-wrap">{escape(content.message)}</p>\n'
        f'<table border="0" cellpadding="0" cellspacing="0">\n{rows}</table>\n{link}</div>\n</body></html>\n'
    )
