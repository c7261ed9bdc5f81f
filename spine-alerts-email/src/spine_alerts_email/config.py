"""The options of an e-mail channel."""

from __future__ import annotations

from attrs import field, frozen, validators

from spine.core.secrets import Secret
from spine.framework.alerts import ChannelConfig


@frozen(kw_only=True)
class EmailChannelConfig(ChannelConfig):
    """The keyword arguments of EmailChannel."""

    smtp_host: str = field(metadata={"help": "The mail server's name, as its certificate has it."})
    from_address: str = field(metadata={"help": 'The sender, with a name or without: "Spine <spine@example.org>".'})
    recipients: list[str] = field(metadata={"help": "Who gets the mails."})
    smtp_port: int = field(
        default=587,
        validator=[validators.ge(1), validators.le(65535)],
        metadata={"help": "587 speaks STARTTLS, 465 TLS from the start."},
    )
    smtp_user: str | None = field(default=None, metadata={"help": "The user; without one there is no login."})
    smtp_password: Secret | None = field(default=None, metadata={"help": "Best as a reference."})
    use_tls: bool = field(default=True, metadata={"help": "false sends in the clear, the password too."})
    implicit_tls: bool | None = field(
        default=None, metadata={"help": "TLS from the start instead of STARTTLS; by default on port 465 only."}
    )
