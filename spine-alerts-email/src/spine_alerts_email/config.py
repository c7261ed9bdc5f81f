"""The options of an e-mail channel."""

from __future__ import annotations

from collections.abc import Iterable

from attrs import converters, field, frozen, validators

from spine.core.secrets import Secret, as_secret
from spine.framework.alerts import ChannelConfig


def _addresses(given: str | Iterable[str]) -> list[str]:
    return [given] if isinstance(given, str) else list(given)


@frozen
class EmailChannelConfig(ChannelConfig):
    """The arguments of EmailChannel."""

    smtp_host: str = field(metadata={"help": "The mail server's name, as its certificate has it."})
    from_address: str = field(metadata={"help": 'The sender, with a name or without: "Spine <spine@example.org>".'})
    recipients: list[str] = field(converter=_addresses, metadata={"help": "The addresses of the recipients."})
    smtp_port: int = field(
        default=587,
        validator=[validators.ge(1), validators.le(65535)],
        kw_only=True,
        metadata={"help": "587 uses STARTTLS, 465 TLS from the start."},
    )
    smtp_user: str | None = field(
        default=None, kw_only=True, metadata={"help": "The user; without one there is no login."}
    )
    smtp_password: Secret | None = field(
        default=None,
        converter=converters.optional(as_secret),
        kw_only=True,
        metadata={"help": "The password, best given by reference."},
    )
    use_tls: bool = field(
        default=True, kw_only=True, metadata={"help": "false sends all unencrypted, the password too."}
    )
    implicit_tls: bool | None = field(
        default=None,
        kw_only=True,
        metadata={"help": "TLS from the start instead of STARTTLS; by default on port 465 only."},
    )
    attach_report: bool = field(
        default=False,
        kw_only=True,
        metadata={"help": "Attach the report of the alert's run, an HTML file; needs spine-board."},
    )
