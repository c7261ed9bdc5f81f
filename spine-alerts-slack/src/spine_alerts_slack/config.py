"""The options of a Slack channel."""

from __future__ import annotations

from attrs import field, frozen

from spine.core.secrets import Secret, as_secret
from spine.framework.alerts import ChannelConfig


@frozen
class SlackChannelConfig(ChannelConfig):
    """The arguments of SlackChannel."""

    webhook_url: Secret = field(
        converter=as_secret, metadata={"help": "The URL of the incoming webhook; all of it is a secret."}
    )
    channel: str | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "Channel instead of the webhook's; legacy webhooks only, as the next two options."},
    )
    username: str | None = field(default=None, kw_only=True, metadata={"help": "Name instead of the webhook's."})
    icon_emoji: str | None = field(default=None, kw_only=True, metadata={"help": 'Icon, such as ":fire:".'})
