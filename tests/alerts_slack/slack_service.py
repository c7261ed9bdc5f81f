"""Slack's incoming webhooks, as documented: https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks."""

from __future__ import annotations

import re
from typing import Any

from tests.http_peer import Answer, Received

_TOP = {
    "text", "blocks", "attachments", "channel", "username", "icon_emoji", "mrkdwn", "parse", "link_names",
    "unfurl_links", "unfurl_media",
}  # fmt: skip


def slack(received: Received) -> Answer:
    """Accept the messages that Slack accepts, refuse any other as Slack does."""
    try:
        problem = _problem(received)
    except (ValueError, KeyError, TypeError) as error:
        problem = f"invalid_payload: {error!r}"
    return Answer(400, problem) if problem else Answer(200, "ok")


def _problem(received: Received) -> str:
    if received.method != "POST" or received.headers["Content-Type"] != "application/json":
        return "invalid_payload"
    message = received.json
    if not message["text"]:
        return "no_text"
    assert_(set(message) <= _TOP, f"unknown {set(message) - _TOP}")
    assert_(len(message["text"]) <= 40_000, "text too long")
    blocks = [*message["blocks"]]
    for attachment in message["attachments"]:
        assert_(re.fullmatch("#[0-9a-f]{6}", attachment["color"]), "color")
        blocks += attachment["blocks"]
    assert_(len(blocks) <= 50, "too many blocks")
    for block in blocks:
        _check_block(block)
    return ""


def _check_block(block: dict[str, Any]) -> None:
    kind = block["type"]
    if kind == "header":
        _check_text(block["text"], 150, {"plain_text"})
    elif kind == "section":
        _check_text(block["text"], 3000, {"plain_text", "mrkdwn"})
    elif kind == "context":
        for element in block["elements"]:
            _check_text(element, 3000, {"plain_text", "mrkdwn"})
    else:
        raise ValueError(f"block type {kind}")


def _check_text(text: dict[str, Any], limit: int, kinds: set[str]) -> None:
    assert_(text["type"] in kinds, f"text type {text['type']}")
    assert_(1 <= len(text["text"]) <= limit, f"{len(text['text'])} characters")
    allowed = {"type", "text", "emoji"} if text["type"] == "plain_text" else {"type", "text", "verbatim"}
    assert_(set(text) <= allowed, f"unknown {set(text) - allowed}")


def assert_(truth: object, problem: str) -> None:
    if not truth:
        raise ValueError(problem)


def texts(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Return the text objects of a message in their order."""
    found = []
    for block in [*message["blocks"], *(block for part in message["attachments"] for block in part["blocks"])]:
        found += block.get("elements", []) or [block["text"]]
    return found


def as_seen(message: dict[str, Any]) -> str:
    """Return the visible text, without color and format."""
    lines = []
    for text in texts(message):
        shown = text["text"]
        if text["type"] == "mrkdwn":
            shown = re.sub(r"<([^|>]+)\|([^>]+)>", r"\2 (\1)", shown)
            shown = re.sub(r"\*([^*\n]+)\*", r"\1", re.sub(r"`([^`\n]*)`", r"\1", shown))
        lines.append(shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))
    return "\n".join(lines)
