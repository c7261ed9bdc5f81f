"""Alerts by e-mail."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from spine.core.errors import InvalidConfigError, SpineError
from spine.core.secrets import Secret
from spine.framework.alerts import Alert, BaseChannel, ChannelType, DeliveryResult
from spine.framework.alerts.channel import ChannelOptions
from spine.framework.alerts.content import MessageKind
from spine_alerts_email.address import parse_address
from spine_alerts_email.mail_server import MailServer
from spine_alerts_email.message import build_message

_IMPLICIT_TLS_PORT = 465  # RFC 8314, section 3.3


class EmailChannel(BaseChannel):
    """Sends mails through SMTP: with STARTTLS, on port 465 or with `implicit_tls` by TLS from the start.

    A server that offers no TLS gets nothing, unless `use_tls` is off. A mail that some recipients were refused for has
    been delivered; the result's `response["refused"]` says to whom not, and why.
    """

    def __init__(
        self,
        name: str,
        smtp_host: str,
        from_address: str,
        recipients: Iterable[str],
        *,
        smtp_port: int = 587,
        smtp_user: str | None = None,
        smtp_password: str | Secret | None = None,
        use_tls: bool = True,
        implicit_tls: bool | None = None,
        **options: Unpack[ChannelOptions],
    ) -> None:
        super().__init__(name, ChannelType.EMAIL, **options)
        self._sender = parse_address(from_address, "from_address")
        given = [recipients] if isinstance(recipients, str) else list(recipients)
        self._recipients = [parse_address(recipient, "recipients") for recipient in given]
        if not self._recipients:
            raise InvalidConfigError("recipients", [], "recipients is empty: name at least one address")
        if implicit_tls and not use_tls:
            raise InvalidConfigError("implicit_tls", True, "implicit_tls wants TLS and use_tls = false none: keep one")
        implicit = use_tls and (smtp_port == _IMPLICIT_TLS_PORT if implicit_tls is None else implicit_tls)
        password = Secret(smtp_password) if isinstance(smtp_password, str) else smtp_password
        self._server = MailServer(
            f"the mail server of alert channel {name!r}",
            smtp_host,
            smtp_port,
            starttls=use_tls and not implicit,
            implicit_tls=implicit,
            greeting=self._sender.domain,
            user=smtp_user,
            password=_sendable("smtp_password", password),
        )
        _sendable("smtp_user", Secret(smtp_user or ""))

    def send(self, alert: Alert) -> DeliveryResult:
        """Mail `alert`."""
        return self._mail(alert, MessageKind.FIRING)

    def resolve(self, alert: Alert) -> DeliveryResult:
        """Mail that what `alert` was about is over, as an answer to its mail."""
        return self._mail(alert, MessageKind.RESOLVED)

    def _mail(self, alert: Alert, kind: MessageKind) -> DeliveryResult:
        message = build_message(alert, kind, self._sender, self._recipients, self.base_url)
        try:
            refused = self._server.send(message, self.deadline_seconds)
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
        raise InvalidConfigError(option, value, f"{option} holds what smtplib cannot send: use printable ASCII only")
    return value
