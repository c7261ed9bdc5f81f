"""The options of a Slack channel."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.secrets import Secret
from spine.framework.alerts import ChannelConfig


@frozen(kw_only=True)
class SlackChannelConfig(ChannelConfig):
    """The keyword arguments of SlackChannel."""

    webhook_url: Secret = field(metadata={"help": "The URL of the incoming webhook; all of it is a secret."})
    channel: str | None = field(
        default=None, metadata={"help": "Another channel than the webhook's; for legacy webhooks, as are the next two."}
    )
    username: str | None = field(default=None, metadata={"help": "Another name than the webhook's."})
    icon_emoji: str | None = field(default=None, metadata={"help": 'Another picture, such as ":fire:".'})
