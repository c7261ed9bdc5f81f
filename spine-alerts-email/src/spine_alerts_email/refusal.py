"""Typed errors for the replies of a mail server that refuses a message."""

from __future__ import annotations

from collections.abc import Mapping

from spine.core.errors import (
    AuthenticationError,
    ConfigError,
    RateLimitError,
    SpineError,
    TransientError,
    ValidationError,
)

# RFC 4954, section 6: no login yet, login too weak, wrong credentials, TLS wanted before the login
_LOGIN = {530, 534, 535, 538}
# RFC 5321, section 3.8: the server closes the connection, for this and every other message
_CLOSING = 421
_PAUSE_SECONDS = 60.0
# RFC 5321, section 4.2.3: no such mailbox, not here, not allowed; 553 also for a sender
_ADDRESS = {550, 551, 553}


def smtp_refusal(server: str, code: int, said: str) -> SpineError:
    """Return the error for a reply code (RFC 5321, section 4.2.1): 4xx is retryable, 5xx is not."""
    shown = f"({code} {said})".replace(" )", ")")
    if code == _CLOSING:
        return RateLimitError(f"{server} takes no messages now {shown}", retry_after=_PAUSE_SECONDS)
    if 400 <= code <= 499:
        return TransientError(f"{server} cannot accept the message now {shown}")
    if code in _LOGIN:
        return AuthenticationError(f"{server} refuses the login: check smtp_user and smtp_password {shown}")
    if code in _ADDRESS:
        return ConfigError(f"{server} refuses the addresses: check from_address and recipients {shown}")
    if 500 <= code <= 599:
        return ValidationError(f"{server} refuses the message {shown}")
    return TransientError(f"{server} did not reply as a mail server does {shown}")


def nobody_taken(server: str, refused: Mapping[str, tuple[int, str]]) -> SpineError:
    """Return the error when all recipients are refused; retryable if one of them may be accepted later."""
    codes = [code for code, _ in refused.values()]
    code = min(codes, default=550)
    said = "; ".join(f"{address}: {code} {text}" for address, (code, text) in refused.items())
    return smtp_refusal(server, code, said)
