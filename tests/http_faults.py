"""Faults between a channel and an HTTP service, each produced for real; a channel's tests subclass it."""

from __future__ import annotations

import logging
import socket
import ssl
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from threading import Event
from typing import Any

import pytest
import trustme

from spine.core import errors
from spine.core.errors import ErrorCategory
from spine.framework.alerts import Alert, DeliveryResult
from spine.testing import FixedClock
from tests.clocks import moving
from tests.http_peer import Answer, HttpPeer, drip, drip_body, hang_up, http_peer, huge, telling, truncated

CANARY = "canary4711secret"
ALERT = Alert("ERROR", "FINRA Ingestion Failed", "no file", "finra.otc.ingest", domain="finra.otc", run_id="r1")

STATUSES = [
    (301, errors.ConfigError, False),
    (307, errors.ConfigError, False),
    (401, errors.AuthenticationError, False),
    (403, errors.AuthorizationError, False),
    (404, errors.ConfigError, False),
    (405, errors.ConfigError, False),
    (407, errors.AuthenticationError, False),
    (408, errors.TransientError, True),
    (410, errors.ConfigError, False),
    (413, errors.ValidationError, False),
    (422, errors.ValidationError, False),
    (425, errors.TransientError, True),
    (429, errors.RateLimitError, True),
    (500, errors.TransientError, True),
    (502, errors.TransientError, True),
    (503, errors.TransientError, True),
]


RETRY_AFTER: list[tuple[str | timedelta, float]] = [  # what the header says, from now on, and the seconds
    ("7", 7),
    ("0", 0),
    (timedelta(seconds=50), 50),
    (timedelta(days=900), 3600),
    ("Mon, 01 Jan 2001 00:00:00 GMT", 0),
    ("9" * 400, 3600),
    ("-5", 60),  # malformed, as is the next: the usual wait
    ("soon", 60),
]


def failure(result: DeliveryResult) -> errors.SpineError:
    assert not result.success
    assert isinstance(result.error, errors.SpineError)
    return result.error


class HttpFaults:
    """`make_channel` returns a channel with CANARY in every secret; `usual` is the success reply of its service."""

    usual: Any = Answer()
    takes_a_long_reply = False

    def make_channel(self, url: str, **options: Any) -> Any:
        raise NotImplementedError

    @pytest.fixture
    def peer(self) -> Iterator[HttpPeer]:
        with http_peer(self.usual) as peer:
            yield peer

    @pytest.fixture
    def authority(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> trustme.CA:
        authority = trustme.CA()
        authority.cert_pem.write_to_path(tmp_path / "ca.pem")
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
        return authority

    def over_tls(self, certificate: trustme.LeafCert) -> DeliveryResult:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(context)
        with http_peer(self.usual, context) as peer:
            return self.make_channel(peer.url).send(ALERT)

    @pytest.mark.parametrize(("status", "kind", "retryable"), STATUSES)
    def test_a_status_is_a_typed_error(self, peer: HttpPeer, status: int, kind: type[Exception], retryable: bool):
        peer.answers.append(Answer(status, "no"))
        error = failure(self.make_channel(peer.url).send(ALERT))
        assert type(error) is kind
        assert error.retryable is retryable
        assert f"status {status}" in str(error)

    @pytest.mark.parametrize("status", [429, 503])
    @pytest.mark.parametrize(("header", "seconds"), RETRY_AFTER)
    def test_retry_after_is_heeded_within_bounds(
        self, peer: HttpPeer, fixed_clock: FixedClock, status: int, header: str | timedelta, seconds: float
    ):
        said = header if isinstance(header, str) else format_datetime(fixed_clock.now() + header, usegmt=True)
        peer.answers.append(Answer(status, "later", {"Retry-After": said}))
        error = failure(self.make_channel(peer.url).send(ALERT))
        assert error.retry_after == (None if status == 503 and seconds == 60 else seconds)

    def test_a_refused_connection_may_be_taken_later(self):
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        error = failure(self.make_channel(f"http://127.0.0.1:{port}").send(ALERT))
        assert type(error) is errors.NetworkError
        assert error.retryable
        assert "Connection refused" in str(error)

    def test_a_name_that_is_not_known_may_be_known_later(self):
        error = failure(self.make_channel("http://nobody.invalid").send(ALERT))
        assert type(error) is errors.NetworkError
        assert error.retryable

    def test_a_certificate_of_a_known_authority_is_trusted(self, authority: trustme.CA):
        assert self.over_tls(authority.issue_cert("localhost")).success

    @pytest.mark.parametrize("fault", ["expired", "wrong host", "unknown authority"])
    def test_a_certificate_that_is_not_to_be_trusted_is_refused_for_good(self, authority: trustme.CA, fault: str):
        certificate = {
            "expired": lambda: authority.issue_cert("localhost", not_after=datetime(2020, 1, 1, tzinfo=UTC)),
            "wrong host": lambda: authority.issue_cert("elsewhere.example"),
            "unknown authority": lambda: trustme.CA().issue_cert("localhost"),
        }[fault]()
        error = failure(self.over_tls(certificate))
        assert type(error) is errors.NetworkError
        assert not error.retryable
        assert error.category is ErrorCategory.NETWORK
        assert "certificate" in str(error)

    def test_a_redirect_is_not_followed(self, peer: HttpPeer):
        with http_peer(self.usual) as other:
            peer.answers.append(Answer(302, "", {"Location": f"{other.url}/{CANARY}"}))
            error = failure(self.make_channel(peer.url).send(ALERT))
            assert not other.received
        assert type(error) is errors.ConfigError
        assert "redirect" in str(error)

    @pytest.mark.parametrize("answer", [drip, drip_body])
    def test_a_drip_does_not_hold_beyond_the_deadline(self, peer: HttpPeer, answer: Any, fixed_clock: FixedClock):
        dripping = Event()
        peer.answers.append(telling(dripping, answer))
        with moving(fixed_clock, 299, 1, when=dripping.is_set):
            error = failure(self.make_channel(peer.url, deadline_seconds=300).send(ALERT))
        assert type(error) is errors.TimeoutError
        assert error.retryable
        assert "within 300 seconds" in str(error)

    @pytest.mark.parametrize("answer", [truncated, hang_up])
    def test_a_reply_that_breaks_off_may_be_whole_later(self, peer: HttpPeer, answer: Any):
        peer.answers.append(Answer(raw=answer))
        error = failure(self.make_channel(peer.url).send(ALERT))
        assert type(error) is errors.NetworkError
        assert error.retryable

    def test_a_reply_of_10_mb_is_not_read(self, peer: HttpPeer):
        sent: list[int] = []

        def counted(write: Any, closing: Any) -> None:
            huge(lambda data: sent.append(len(data)) or write(data), closing)

        peer.answers.append(Answer(raw=counted))
        result = self.make_channel(peer.url).send(ALERT)
        assert sum(sent) < 10_000_000
        assert result.success is self.takes_a_long_reply
        assert result.success or failure(result).retryable

    @pytest.mark.parametrize("status", [200, 302, 400, 401, 429, 500])
    def test_no_secret_shows_anywhere(self, peer: HttpPeer, caplog: pytest.LogCaptureFixture, status: int):
        """Not in logs of DEBUG, not in what a service repeats, not in an error, its cause or its traceback."""
        caplog.set_level(logging.DEBUG)
        for name in ("httpx", "httpcore", "httpcore.connection", "httpcore.http11"):
            caplog.set_level(logging.DEBUG, logger=name)

        def repeat(received: Any) -> Answer:
            everything = f"{received.path} {received.headers} {received.body.decode()}"
            return Answer(status, everything, {"X-Echo": received.path, "Location": received.path})

        peer.usual = repeat
        channel = self.make_channel(peer.url)
        result = channel.send(ALERT)
        error = result.error
        shown = [repr(channel), str(channel), repr(result), str(result.to_dict()), caplog.text]
        if isinstance(error, BaseException):
            shown += [*traceback.format_exception(error), repr(error.__cause__), repr(error.__dict__)]
        assert CANARY not in "\n".join(shown)

    def test_no_secret_shows_when_nothing_answers(self, caplog: pytest.LogCaptureFixture):
        caplog.set_level(logging.DEBUG)
        result = self.make_channel("http://nobody.invalid").send(ALERT)
        error = failure(result)
        assert CANARY not in "".join([caplog.text, *traceback.format_exception(error), str(result.to_dict())])
