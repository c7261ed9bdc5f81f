"""Mail servers on loopback: aiosmtpd with TLS and a login, and a scripted one for faulty replies."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from threading import Event, Thread
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from tests.projects import DEADLINE_SECONDS


class Mailbox:
    """Keeps what arrives; `refusals` maps an address, `MAIL` or `DATA` to the reply that refuses it."""

    def __init__(self, refusals: Mapping[str, str]) -> None:
        self.refusals = dict(refusals)
        self.envelopes: list[Envelope] = []
        self.logins: list[tuple[str, str]] = []
        self.over_tls: list[bool] = []
        self.port = 0

    @property
    def messages(self) -> list[EmailMessage]:
        return [message_from_bytes(envelope.content, policy=default) for envelope in self.envelopes]  # type: ignore[misc,arg-type]

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if "MAIL" in self.refusals:
            return self.refusals["MAIL"]
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        self.envelopes.append(envelope)
        self.over_tls.append(session.ssl is not None or server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"


@contextmanager
def mail_peer(
    *,
    starttls: ssl.SSLContext | None = None,
    implicit_tls: ssl.SSLContext | None = None,
    login: tuple[str, str] | None = None,
    refusals: Mapping[str, str] | None = None,
) -> Iterator[Mailbox]:
    mailbox = Mailbox(refusals or {})

    def authenticate(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
        assert isinstance(data, LoginPassword)
        given = (data.login.decode(), data.password.decode())
        mailbox.logins.append(given)
        return AuthResult(success=given == login, handled=False)

    def session() -> SMTP:
        return SMTP(
            mailbox,
            hostname="mail.example.org",
            tls_context=starttls,
            require_starttls=starttls is not None,
            authenticator=authenticate if login else None,
            auth_required=login is not None and implicit_tls is None,
            auth_require_tls=implicit_tls is None,  # aiosmtpd knows of STARTTLS only
            loop=loop,
        )

    loop = asyncio.new_event_loop()
    server = loop.run_until_complete(loop.create_server(session, "127.0.0.1", 0, ssl=implicit_tls))
    mailbox.port = server.sockets[0].getsockname()[1]
    thread = Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield mailbox
    finally:
        asyncio.run_coroutine_threadsafe(_stop(server), loop).result(DEADLINE_SECONDS)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _stop(server: asyncio.Server) -> None:
    server.close()
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


Script = Callable[["Line"], None]


class Line:
    """The server's end of a scripted session."""

    def __init__(self, connection: socket.socket, closing: Event) -> None:
        self._connection = connection
        self._lines = connection.makefile("rb")
        self.closing = closing
        self.dripping = Event()
        self.heard: list[bytes] = []

    def say(self, text: str) -> None:
        self._connection.sendall(text.encode() + b"\r\n")

    def hear(self) -> bytes:
        self.heard.append(self._lines.readline())
        return self.heard[-1]

    def answer(self, *replies: str) -> None:
        """Greet with the first reply, and give the others to a command each."""
        self.say(replies[0])
        for reply in replies[1:]:
            self.hear()
            self.say(reply)

    def drip(self) -> None:
        with suppress(OSError):
            while not self.closing.wait(0.02):
                self._connection.sendall(b"2")
                self.dripping.set()


@contextmanager
def scripted(script: Script) -> Iterator[tuple[int, list[bytes]]]:
    """Run `script` for one connection; yields the port and what is heard."""
    closing = Event()
    heard: list[bytes] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            connection, _ = listener.accept()
            with connection:
                line = Line(connection, closing)
                line.heard = heard
                script(line)

    thread = Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1], heard
    finally:
        closing.set()
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(DEADLINE_SECONDS)
