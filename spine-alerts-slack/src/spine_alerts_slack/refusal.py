"""Typed errors for the replies of Slack that refuse a message."""

from __future__ import annotations

from typing import Any

from spine.core.errors import (
    AuthenticationError,
    AuthorizationError,
    ConfigError,
    RateLimitError,
    SpineError,
    TransientError,
    ValidationError,
)
from spine.framework.alerts.http_refusal import rate_limit, refusal
from spine.http.exchange import Reply

# https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks/#handling_errors
_CHANNEL = "check the channel that the webhook posts to"
_WEBHOOK = "make a new webhook and set its URL"
_RIGHTS = "ask an administrator of the workspace"
_MESSAGE = "report this as a bug of spine-alerts-slack"
_REFUSALS: dict[str, tuple[type[SpineError], str]] = {
    "invalid_payload": (ValidationError, _MESSAGE),
    "invalid_blocks": (ValidationError, _MESSAGE),
    "no_text": (ValidationError, _MESSAGE),
    "too_many_attachments": (ValidationError, _MESSAGE),
    "channel_not_found": (ConfigError, _CHANNEL),
    "channel_is_archived": (ConfigError, _CHANNEL),
    "user_not_found": (ConfigError, _CHANNEL),
    "no_service": (ConfigError, _WEBHOOK),
    "no_service_id": (ConfigError, _WEBHOOK),
    "no_active_hooks": (ConfigError, _WEBHOOK),
    "no_team": (ConfigError, _WEBHOOK),
    "invalid_token": (AuthenticationError, _WEBHOOK),
    "team_disabled": (AuthorizationError, _RIGHTS),
    "action_prohibited": (AuthorizationError, _RIGHTS),
    "posting_to_general_channel_denied": (AuthorizationError, _RIGHTS),
    "rollup_error": (TransientError, "it is sent again"),
}


def slack_refusal(service: str, reply: Reply) -> SpineError | None:
    """Return the error that Slack answered with, None if it accepted the message.

    A webhook says `ok`, or a word that names the error, mostly with a 4xx; the Web API and proxies before it say 200
    and `{"ok": false, "error": word}`.
    """
    word = _word(reply)
    by_status = refusal(service, reply)
    if isinstance(by_status, RateLimitError) or (by_status is None and word == "ok"):
        return by_status
    if word == "rate_limited":
        return rate_limit(f"{service} asks for fewer messages (rate_limited)", reply)
    if word in _REFUSALS:
        kind, what_to_do = _REFUSALS[word]
        return kind(f"{service} refuses the message ({word}): {what_to_do}")
    # a reply that was cut off, or a page of a proxy: it is not known whether Slack has the message
    return by_status or TransientError(f"{service} did not answer as Slack does: {reply.shown or 'nothing'}")


def _word(reply: Reply) -> str:
    found: Any = reply.json
    if isinstance(found, dict):
        return "ok" if found.get("ok") is True else str(found.get("error"))
    return reply.text.strip()
