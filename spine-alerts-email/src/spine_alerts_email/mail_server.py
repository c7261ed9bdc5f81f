"""SMTP client: enforced TLS, one deadline for the whole delivery, typed errors."""

from __future__ import annotations

import smtplib
import socket
import ssl
from contextlib import suppress
from email.message import EmailMessage

from attrs import frozen

from spine.core import errors
from spine.core.deadline import Deadline
from spine.core.masking import KnownSecrets
from spine.core.plain_text import one_line
from spine.core.secrets import Secret
from spine_alerts_email.refusal import nobody_taken, smtp_refusal

_SHOWN_CHARACTERS = 200


@frozen
class MailServer:
    """Mail server with its TLS mode and credentials; `name` is its name in errors."""

    name: str
    host: str
    port: int
    starttls: bool
    implicit_tls: bool
    greeting: str
    user: str | None = None
    password: Secret | None = None

    def send(self, message: EmailMessage, seconds: float) -> dict[str, str]:
        """Send `message` and return the reply for each refused recipient, by address, if others were accepted.

        Raises a SpineError if no recipient was accepted: retryable where a later attempt may succeed.
        """
        deadline = Deadline(seconds)
        try:
            return self._send(message, deadline)
        except (OSError, ValueError) as error:  # smtplib's are OSErrors; a cut within TLS is a ValueError of ssl
            # no cause from smtplib: its errors hold the server's reply, perhaps with the password
            own = isinstance(error, OSError) and not isinstance(error, smtplib.SMTPException)
            raise self._typed(error, deadline) from (error if own else None)
        finally:
            deadline.release()

    def _send(self, message: EmailMessage, deadline: Deadline) -> dict[str, str]:
        session = _Session(self, deadline)
        try:
            session.ehlo_or_helo_if_needed()
            if self.starttls:
                self._start_tls(session)
            if self.user is not None:
                session.login(self.user, self.password.reveal() if self.password else "")
            refused = session.send_message(message)
            with suppress(OSError, ValueError):  # the server has the message already
                session.quit()
        finally:
            session.close()
        return {address: f"{code} {self._shown(said)}" for address, (code, said) in refused.items()}

    def _start_tls(self, session: _Session) -> None:
        if not session.has_extn("starttls"):
            raise errors.ConfigError(
                f"{self.name} does not offer STARTTLS, and nothing is sent in the clear: check smtp_host and "
                "smtp_port, set implicit_tls = true for TLS from the start, or use_tls = false to do without"
            )
        code, said = session.starttls(context=ssl.create_default_context())
        if code != 220:
            raise smtplib.SMTPResponseException(code, said)
        session.ehlo_or_helo_if_needed()

    def _typed(self, error: Exception, deadline: Deadline) -> errors.SpineError:
        if deadline.expired or isinstance(error, TimeoutError):
            return errors.TimeoutError(f"{self.name} did not answer within {deadline.seconds:g} seconds")
        if isinstance(error, ssl.SSLCertVerificationError):
            return errors.NetworkError(
                f"{self.name} has a certificate that is not trusted: {error.verify_message}; set SSL_CERT_FILE "
                "to your own certificate authorities",
                retryable=False,
            )
        if isinstance(error, smtplib.SMTPException):
            return self._typed_reply(error)
        reason = (error.strerror if isinstance(error, OSError) else None) or type(error).__name__
        return errors.NetworkError(f"{self.name} cannot be reached: {one_line(reason)}")

    def _typed_reply(self, error: smtplib.SMTPException) -> errors.SpineError:
        if isinstance(error, smtplib.SMTPRecipientsRefused):
            refused = {address: (code, self._shown(said)) for address, (code, said) in error.recipients.items()}
            return nobody_taken(self.name, refused)
        if isinstance(error, smtplib.SMTPResponseException):
            return smtp_refusal(self.name, error.smtp_code, self._shown(error.smtp_error))
        if isinstance(error, smtplib.SMTPServerDisconnected):
            return errors.NetworkError(f"{self.name} closed the connection before it accepted the message")
        return errors.ConfigError(
            f"{self.name} offers no login that Spine supports: leave out smtp_user, or enable AUTH"
        )

    def _shown(self, said: bytes | str) -> str:
        text = one_line(said.decode("utf-8", "replace") if isinstance(said, bytes) else said)
        plain = self.password.reveal() if self.password else ""
        # RFC 4954: it goes over the wire in base64, alone or with the user before it
        secrets = (plain, f"\0{self.user}\0{plain}") if plain else ()
        return KnownSecrets(secrets, shortest=1).mask(text)[:_SHOWN_CHARACTERS]


class _Session(smtplib.SMTP):
    def __init__(self, server: MailServer, deadline: Deadline) -> None:
        self._server = server
        self._deadline = deadline
        super().__init__(server.host, server.port, local_hostname=server.greeting, timeout=deadline.remaining)

    # smtplib's own extension point, which its SMTP_SSL uses
    def _get_socket(self, host: str, port: int, timeout: float) -> socket.socket:
        # half of the time for connecting: a name often has two addresses, and each is tried
        connection = socket.create_connection((host, port), timeout / 2)
        connection.settimeout(timeout)
        self._deadline.watch(connection)
        if self._server.implicit_tls:
            return ssl.create_default_context().wrap_socket(connection, server_hostname=host)
        return connection
