"""Slack message of an alert, as Block Kit."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from spine.core.plain_text import lines_within, shorten
from spine.framework.alerts import AlertSeverity
from spine.framework.alerts.content import Content, MessageKind

# https://docs.slack.dev/reference/block-kit/blocks
_HEADER_CHARACTERS = 150
_SECTION_CHARACTERS = 3000
_LINE_CHARACTERS = 500
_TEXT_CHARACTERS = 4000

_COLORS = {
    AlertSeverity.INFO: "#439fe0",
    AlertSeverity.WARNING: "#daa038",
    AlertSeverity.ERROR: "#d00000",
    AlertSeverity.CRITICAL: "#7a0019",
}
_OVER = "#2eb67d"


def payload(content: Content) -> dict[str, Any]:
    """Return the message; notifications show `text`, an attachment has the colored bar."""
    # plain: Slack looks for no format, mention or link in it
    header = {"type": "header", "text": _plain(content.headline, _HEADER_CHARACTERS)}
    blocks: list[dict[str, Any]] = [
        *([{"type": "section", "text": _plain(content.message, _SECTION_CHARACTERS)}] if content.message else []),
        {"type": "section", "text": _mrkdwn(_facts(content))},
        {"type": "context", "elements": [_mrkdwn(content.time)]},
    ]
    color = _OVER if content.kind is MessageKind.RESOLVED else _COLORS[content.severity]
    return {
        "text": shorten(content.headline, _TEXT_CHARACTERS, escape),
        "mrkdwn": False,
        "parse": "none",
        "link_names": False,
        "unfurl_links": False,
        "unfurl_media": False,
        "blocks": [header],
        "attachments": [{"color": color, "blocks": blocks}],
    }


def escape(text: str) -> str:
    """Return `text` with nothing that Slack reads as a mention or a link.

    https://docs.slack.dev/messaging/formatting-message-text/#escaping
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _plain(text: str, limit: int) -> dict[str, Any]:
    return {"type": "plain_text", "text": shorten(text, limit, escape), "emoji": False}


def _mrkdwn(text: str) -> dict[str, Any]:
    return {"type": "mrkdwn", "text": text, "verbatim": True}  # verbatim: a URL does not become a link


def _facts(content: Content) -> str:
    last = [_line("look closer", content.command)] if content.command else []
    if content.link:
        last.append(f"<{escape(quote(content.link, safe=':/?=&%#'))}|Open the run>")
    room = _SECTION_CHARACTERS - sum(len(line) + 1 for line in last)
    kept = lines_within((_line(label, value) for label, value in content.facts), room)
    return "\n".join([*kept, *last])


def _line(label: str, value: str) -> str:
    # a value as code, in which Slack looks for no format; a backtick would end it, and one in the label begin it
    name = shorten(label.replace("*", "").replace("`", "'").strip() or "-", _LINE_CHARACTERS, escape)
    shown = shorten(value.replace("`", "'").strip(), _LINE_CHARACTERS, escape)
    return f"*{name}:* `{shown}`" if shown else f"*{name}:* -"
