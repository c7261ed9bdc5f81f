"""Alerts in Slack."""

from __future__ import annotations

from spine.core.configured import configured_by
from spine.core.deadline import Deadline
from spine.framework.alerts import Alert, ChannelType, DeliveryResult
from spine.framework.alerts.content import MessageKind, build_content
from spine.framework.alerts.http_channel import HttpChannel
from spine_alerts_slack.config import SlackChannelConfig
from spine_alerts_slack.message import payload
from spine_alerts_slack.refusal import slack_refusal


class SlackChannel(HttpChannel):
    """Channel that posts to an incoming webhook, whose URL is a secret.

    `channel`, `username` and `icon_emoji` have an effect on legacy webhooks only: an app's webhook has its own.
    """

    @configured_by(SlackChannelConfig)
    def __init__(self, options: SlackChannelConfig) -> None:
        super().__init__(
            channel_type=ChannelType.SLACK, url=options.webhook_url, url_option="webhook_url", **options.common()
        )
        legacy = {"channel": options.channel, "username": options.username, "icon_emoji": options.icon_emoji}
        self._legacy = {key: value for key, value in legacy.items() if value is not None}

    def send(self, alert: Alert) -> DeliveryResult:
        """Post `alert`."""
        return self.attempt(lambda deadline: self._post(deadline, alert, MessageKind.FIRING))

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Post the resolution of `alert`."""
        return self.attempt(lambda deadline: self._post(deadline, alert, MessageKind.RESOLVED))

    def _post(self, deadline: Deadline, alert: Alert, kind: MessageKind) -> DeliveryResult:
        content = build_content(alert, kind=kind, base_url=self.base_url)
        reply = self.request(deadline, "POST", payload=payload(content) | self._legacy)
        error = slack_refusal(self.service, reply)
        if error is not None:
            raise error
        return DeliveryResult.ok(self.name, response={"status": reply.status})
