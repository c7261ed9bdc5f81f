"""Alerts by e-mail."""

from __future__ import annotations

from spine.core.configured import configured_by
from spine.core.deadline import Deadline
from spine.core.errors import InvalidConfigError, SpineError
from spine.core.secrets import Secret
from spine.framework.alerts import Alert, BaseChannel, ChannelType, DeliveryResult
from spine.framework.alerts.content import MessageKind
from spine_alerts_email.address import parse_address
from spine_alerts_email.attachment import attach_report
from spine_alerts_email.config import EmailChannelConfig
from spine_alerts_email.mail_server import MailServer
from spine_alerts_email.message import build_message

_SHARE_OF_REPORT = 0.5  # of the time for a delivery
_IMPLICIT_TLS_PORT = 465  # RFC 8314, section 3.3


class EmailChannel(BaseChannel):
    """Channel that sends e-mail through SMTP: STARTTLS, or TLS from the start on port 465 or with `implicit_tls`.

    A server without TLS is refused, unless `use_tls` is off. If the server refuses some recipients only, the delivery
    succeeds; the result's `response["refused"]` has the reason for each of them.
    """

    @configured_by(EmailChannelConfig)
    def __init__(self, options: EmailChannelConfig) -> None:
        super().__init__(channel_type=ChannelType.EMAIL, **options.common())
        self._sender = parse_address(options.from_address, "from_address")
        self._recipients = [parse_address(recipient, "recipients") for recipient in options.recipients]
        if not self._recipients:
            raise InvalidConfigError("recipients", [], "recipients is empty: name at least one address")
        if options.implicit_tls and not options.use_tls:
            raise InvalidConfigError("implicit_tls", True, "implicit_tls needs TLS: leave out use_tls = false")
        on_tls_port = options.smtp_port == _IMPLICIT_TLS_PORT
        implicit = options.use_tls and (on_tls_port if options.implicit_tls is None else options.implicit_tls)
        self._attach_report = options.attach_report
        self._server = MailServer(
            f"the mail server of alert channel {self.name!r} at {options.smtp_host}",
            options.smtp_host,
            options.smtp_port,
            starttls=options.use_tls and not implicit,
            implicit_tls=implicit,
            greeting=self._sender.domain,
            user=options.smtp_user,
            password=_sendable("smtp_password", options.smtp_password),
        )
        _sendable("smtp_user", Secret(options.smtp_user or ""))
        self._target = f"{options.smtp_host}:{options.smtp_port}"

    @property
    def target(self) -> str:
        """Host and port of the mail server."""
        return self._target

    def send(self, alert: Alert) -> DeliveryResult:
        """Mail `alert`."""
        return self._mail(alert, MessageKind.FIRING)

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Mail the resolution of `alert`, as a reply to its first mail."""
        return self._mail(alert, MessageKind.RESOLVED)

    def _mail(self, alert: Alert, kind: MessageKind) -> DeliveryResult:
        seconds, report = self.deadline_seconds, None
        if self._attach_report and kind is MessageKind.FIRING:
            deadline = Deadline(seconds)
            report = attach_report(alert, seconds * _SHARE_OF_REPORT)
            seconds = max(0.1, round(deadline.left(), 1))
        message = build_message(alert, kind, self._sender, self._recipients, self.base_url, report)
        try:
            refused = self._server.send(message, seconds)
        except SpineError as error:
            return DeliveryResult.fail(self.name, error)
        taken = len(self._recipients) - len(refused)
        said = f"delivered to {taken} of {len(self._recipients)}"
        if refused:
            said += "; refused: " + "; ".join(f"{address} ({why})" for address, why in refused.items())
        return DeliveryResult.ok(
            self.name, said, {"message_id": message["Message-ID"], "recipients": taken, "refused": refused}
        )


def _sendable(option: str, value: Secret | None) -> Secret | None:
    if value is not None and not (value.reveal().isascii() and (value.reveal().isprintable())):
        raise InvalidConfigError(option, value, f"{option} has characters that SMTP cannot send: use printable ASCII")
    return value
