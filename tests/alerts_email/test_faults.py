"""Faults of an e-mail delivery, each produced for real."""

from __future__ import annotations

import base64
import logging
import socket
import ssl
import traceback
from datetime import UTC, datetime, timedelta
from threading import Event
from typing import Any

import pytest
import trustme

from spine.core import errors
from spine.framework.alerts.backoff import pause_after
from spine.testing import FixedClock
from tests.alerts_email.conftest import server_context
from tests.alerts_email.mail_peer import Line, Mailbox, mail_peer, scripted
from tests.alerts_email.test_email import ALERT, PASSWORD, THREE, make
from tests.clocks import moving
from tests.http_faults import failure

HELLO = ("220 mail ready", "250-mail\r\n250 AUTH PLAIN LOGIN")


def test_a_refused_connection_may_be_taken_later():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    error = failure(make(port).send(ALERT))
    assert type(error) is errors.NetworkError
    assert error.retryable
    assert "Connection refused" in str(error)


def test_a_name_that_is_not_known_may_be_known_later():
    from spine_alerts_email.channel import EmailChannel

    error = failure(EmailChannel("night", "nobody.invalid", "a@b.org", ["c@d.org"]).send(ALERT))
    assert type(error) is errors.NetworkError
    assert error.retryable


@pytest.mark.parametrize("implicit", [False, True])
@pytest.mark.parametrize("fault", ["expired", "wrong host", "unknown authority"])
def test_a_certificate_that_is_not_to_be_trusted_is_refused_for_good(authority: trustme.CA, fault: str, implicit: bool):
    certificate = {
        "expired": lambda: authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
        "wrong host": lambda: authority.issue_cert("elsewhere.example"),
        "unknown authority": lambda: trustme.CA().issue_cert("localhost"),
    }[fault]()
    context = server_context(certificate)
    with mail_peer(**{"implicit_tls" if implicit else "starttls": context}) as mailbox:  # type: ignore[arg-type]
        error = failure(make(mailbox.port, implicit_tls=implicit).send(ALERT))
    assert type(error) is errors.NetworkError
    assert not error.retryable
    assert "certificate" in str(error)
    assert not mailbox.envelopes


def test_without_starttls_nothing_is_sent_in_the_clear():
    """A network that takes STARTTLS out of the server's greeting learns neither mail nor password."""
    with scripted(lambda line: line.answer(*HELLO, "250 OK", "250 OK")) as (port, heard):
        error = failure(make(port, smtp_user="spine", smtp_password=PASSWORD).send(ALERT))
    assert type(error) is errors.ConfigError
    assert not error.retryable
    assert "does not offer STARTTLS" in str(error)
    assert [line[:4].upper() for line in heard if line] == [b"EHLO"]


def test_a_server_that_has_no_tls_at_the_moment_may_have_it_later():
    script = ("220 mail", "250-mail\r\n250 STARTTLS", "454 TLS not available due to temporary reason")
    with scripted(lambda line: line.answer(*script)) as (port, heard):
        error = failure(make(port).send(ALERT))
    assert error.retryable
    assert b"MAIL" not in b"".join(heard)


def test_data_inserted_before_tls_are_ignored(tls: ssl.SSLContext):
    """RFC 3207, section 4.2: what was said before the handshake does not count."""

    def script(line: Line) -> None:
        line.answer("220 mail", "250-mail\r\n250 STARTTLS", "220 go\r\n250 AUTH PLAIN")
        with tls.wrap_socket(line._connection, server_side=True) as secured:
            secured.recv(1000)
            secured.sendall(b"421 too busy\r\n")

    with scripted(script) as (port, _):
        error = failure(make(port, smtp_user="spine", smtp_password=PASSWORD).send(ALERT))
    assert error.retryable


@pytest.mark.parametrize(
    ("refusals", "kind", "retryable"),
    [
        ({"MAIL": "421 too busy"}, errors.RateLimitError, True),
        ({"MAIL": "450 not now"}, errors.TransientError, True),
        ({"MAIL": "530 log in first"}, errors.AuthenticationError, False),
        ({"MAIL": "553 not your address"}, errors.ConfigError, False),
        ({"DATA": "421 too busy"}, errors.RateLimitError, True),
        ({"DATA": "451 not now"}, errors.TransientError, True),
        ({"DATA": "552 too big"}, errors.ValidationError, False),
        ({"DATA": "554 spam"}, errors.ValidationError, False),
        (dict.fromkeys(THREE, "450 not now"), errors.TransientError, True),
        (dict.fromkeys(THREE, "550 no such user"), errors.ConfigError, False),
        ({**dict.fromkeys(THREE, "550 no such user"), THREE[1]: "450 not now"}, errors.TransientError, True),
    ],
)
def test_a_refusal_is_a_typed_error(refusals: dict[str, str], kind: type[Exception], retryable: bool):
    with mail_peer(refusals=refusals) as mailbox:
        error = failure(make(mailbox.port, use_tls=False).send(ALERT))
    assert type(error) is kind
    assert error.retryable is retryable
    assert not mailbox.envelopes


def test_the_other_recipients_get_the_mail_when_one_is_refused():
    with mail_peer(refusals={THREE[1]: "550 no such user"}) as mailbox:
        result = make(mailbox.port, use_tls=False).send(ALERT)
    assert result.success
    assert mailbox.envelopes[0].rcpt_tos == [THREE[0], THREE[2]]
    assert result.message == "delivered to 2 of 3; refused: data@example.org (550 no such user)"
    assert result.response is not None
    assert result.response["refused"] == {"data@example.org": "550 no such user"}
    assert result.response["recipients"] == 2


def test_a_wrong_password_is_a_wrong_login(tls: ssl.SSLContext):
    with mail_peer(starttls=tls, login=("spine", PASSWORD)) as mailbox:
        error = failure(make(mailbox.port, smtp_user="spine", smtp_password="wrong").send(ALERT))
    assert type(error) is errors.AuthenticationError
    assert not mailbox.envelopes


def test_a_login_that_the_server_does_not_know_says_what_to_set():
    with mail_peer() as mailbox:
        channel = make(mailbox.port, use_tls=False, smtp_user="spine", smtp_password=PASSWORD)
        error = failure(channel.send(ALERT))
    assert type(error) is errors.ConfigError
    assert "leave out smtp_user" in str(error)


def test_a_server_that_closes_the_connection_pauses_the_channel_for_a_minute():
    with mail_peer(refusals={"MAIL": "421 too busy"}) as mailbox:
        result = make(mailbox.port, use_tls=False).send(ALERT)
    assert pause_after(result) == timedelta(seconds=60)


def test_a_mailbox_that_is_busy_does_not_pause_the_channel():
    with mail_peer(refusals={"MAIL": "450 not now"}) as mailbox:
        result = make(mailbox.port, use_tls=False).send(ALERT)
    assert pause_after(result) is None


@pytest.mark.parametrize("greeting", ["421 too busy", "450 not now", "554 go away", "what?"])
def test_a_greeting_that_is_none_is_a_typed_error(greeting: str):
    with scripted(lambda line: line.answer(greeting)) as (port, _):
        error = failure(make(port, use_tls=False).send(ALERT))
    assert error.retryable is not greeting.startswith("5")


def hang_up(line: Line) -> None:
    """Accept the connection, and that is all."""


def hang_up_after_data(line: Line) -> None:
    line.answer("220 mail", "250 mail", "250 OK", "250 OK", "250 OK", "250 OK", "354 go on")
    while line.hear() != b".\r\n":
        pass


@pytest.mark.parametrize("script", [hang_up, hang_up_after_data])
def test_a_server_that_hangs_up_may_have_the_mail_or_not(script: Any):
    with scripted(script) as (port, _):
        error = failure(make(port, use_tls=False).send(ALERT))
    assert type(error) is errors.NetworkError
    assert error.retryable
    assert "closed the connection" in str(error)


def test_a_server_that_hangs_up_after_it_took_the_mail_has_it():
    def script(line: Line) -> None:
        hang_up_after_data(line)
        line.say("250 OK")

    with scripted(script) as (port, _):
        assert make(port, use_tls=False).send(ALERT).success


def drip_greeting(line: Line) -> None:
    line.drip()


def drip_after_data(line: Line) -> None:
    hang_up_after_data(line)
    line.drip()


@pytest.mark.parametrize("script", [drip_greeting, drip_after_data])
def test_a_drip_does_not_hold_beyond_the_deadline(script: Any, fixed_clock: FixedClock):
    dripping = Event()

    def told(line: Line) -> None:
        line.dripping = dripping
        script(line)

    with scripted(told) as (port, _), moving(fixed_clock, 299, 1, when=dripping.is_set):
        error = failure(make(port, use_tls=False, deadline_seconds=300).send(ALERT))
    assert type(error) is errors.TimeoutError
    assert error.retryable
    assert "within 300 seconds" in str(error)


@pytest.mark.parametrize("implicit", [False, True])
def test_a_drip_within_tls_does_not_hold_either(tls: ssl.SSLContext, implicit: bool, fixed_clock: FixedClock):
    dripping = Event()

    def script(line: Line) -> None:
        line.dripping = dripping
        if not implicit:
            line.answer("220 mail", "250-mail\r\n250 STARTTLS", "220 go")
        with tls.wrap_socket(line._connection, server_side=True, suppress_ragged_eofs=True) as secured:
            line._connection = secured
            line.drip()

    with scripted(script) as (port, _), moving(fixed_clock, 299, 1, when=dripping.is_set):
        error = failure(make(port, implicit_tls=implicit, deadline_seconds=300).send(ALERT))
    assert type(error) is errors.TimeoutError


def test_a_handshake_that_never_ends_does_not_hold(fixed_clock: FixedClock):
    def script(line: Line) -> None:
        line.closing.wait()

    with scripted(script) as (port, _), moving(fixed_clock, 299, 1, when=lambda: fixed_clock.waiting > 0):
        error = failure(make(port, implicit_tls=True, deadline_seconds=300).send(ALERT))
    assert type(error) is errors.TimeoutError


def test_no_secret_shows_anywhere(caplog: pytest.LogCaptureFixture):
    """Not in a log of DEBUG, not in an error, its cause or its traceback, also where the server repeats it."""
    caplog.set_level(logging.DEBUG)
    wire = base64.b64encode(f"\0spine\0{PASSWORD}".encode()).decode()
    refusal = f"535 no: spine {PASSWORD} {wire} {base64.b64encode(PASSWORD.encode()).decode()}"
    with scripted(lambda line: line.answer(*HELLO, refusal, refusal, refusal)) as (port, heard):
        channel = make(port, use_tls=False, smtp_user="spine", smtp_password=PASSWORD)
        result = channel.send(ALERT)
    error = failure(result)
    assert wire.encode() in b"".join(heard)
    shown = [caplog.text, repr(channel), repr(channel.__dict__), repr(result), str(result.to_dict())]
    shown += [*traceback.format_exception(error), repr(error.__cause__), repr(error.__dict__)]
    assert PASSWORD not in "\n".join(shown)
    assert wire not in "\n".join(shown)


def test_a_mailbox_is_left_alone_by_a_channel_that_failed(tls: ssl.SSLContext):
    """The state after a refusal does not leak into the next delivery: each has a connection of its own."""
    mailbox: Mailbox
    with mail_peer(starttls=tls, refusals={"DATA": "451 not now"}) as mailbox:
        channel = make(mailbox.port)
        assert failure(channel.send(ALERT)).retryable
        mailbox.refusals.clear()
        assert channel.send(ALERT).success
    assert len(mailbox.envelopes) == 1
