"""Rules for every alert channel."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from threading import Thread
from typing import Any

import pytest

from spine.core.errors import SourceError, get_retry_after, is_retryable
from spine.core.names import kind_of
from spine.framework.alerts import Alert, AlertChannel, AlertSeverity, ChannelType, DeliveryResult
from spine.framework.alerts.channel import ResolvingChannel

_THREADS = 8
_RETRY_AFTER_SECONDS = 37
_DEADLINE_SECONDS = 0.2

HOSTILE = [
    "two\nlines",
    "a header\r\nBcc: everyone@example.com",
    "=?utf-8?q?an_encoded_word=0D=0ABcc:_everyone=40example.com=0D=0A=0D=0A?=",
    "\x1b[2J\x1b[31mred",
    "<!channel> <script>alert(1)</script> & 'quotes' \"double\"",
    "NUL \0 in the middle",
    "naïve 日本語 \U0001f4a5",
    "x" * 100_000,
    "",
]


class AlertChannelConformance:
    """Subclass it as `Test...`, define `make_channel`, and set the flags of the channel's capabilities.

    `can_fail`: `make_failing_channel` returns a channel whose receiver refuses or does not exist.
    `shows_deliveries`: `delivered` returns the number of alerts that arrived at the receiver of `make_channel`.
    `sends_in_parallel`: several threads may call `send` of one channel at once.
    `meets_deadline`: `make_unanswered_channel` returns a channel whose receiver accepts and never finishes its answer.
    `tells_retry_after`: `make_refusing_channel` returns a channel whose receiver says when to try again.
    `resolves`: it has `resolve`, which delivers the resolution of an incident.

    A delivery that takes `patience_seconds` counts as one that never ends.
    """

    can_fail = False
    shows_deliveries = False
    sends_in_parallel = False
    meets_deadline = False
    tells_retry_after = False
    resolves = False
    patience_seconds = 60.0

    def make_channel(self, **options: Any) -> Any:
        """Return a channel whose receiver works; `options` are min_severity, domains and enabled."""
        raise NotImplementedError("define make_channel(self, **options)")

    def make_failing_channel(self) -> Any:
        """Return a channel whose delivery fails."""
        raise NotImplementedError("can_fail is on: define make_failing_channel(self)")

    def make_unanswered_channel(self, deadline_seconds: float) -> Any:
        """Return a channel with that deadline whose receiver accepts the connection and never finishes its answer."""
        raise NotImplementedError("meets_deadline is on: define make_unanswered_channel(self, deadline)")

    def make_refusing_channel(self, retry_after: int) -> Any:
        """Return a channel whose receiver refuses for now and says to try again in `retry_after` seconds."""
        raise NotImplementedError("tells_retry_after is on: define make_refusing_channel(self, retry_after)")

    def delivered(self) -> int:
        """Return the number of alerts that arrived at the receiver so far."""
        raise NotImplementedError("shows_deliveries is on: define delivered(self)")

    def secrets(self) -> list[str]:
        """Return the secret texts of both channels, which must not show."""
        return []

    def test_it_is_a_channel(self) -> None:
        """It has a name, a type, a lowest severity, `enabled`, `should_send` and `send`."""
        channel = self.make_channel()
        assert isinstance(channel, AlertChannel), "derive the class from BaseChannel"
        own = kind_of(ChannelType, channel.channel_type, "channel type")
        assert type(channel.channel_type) is type(own), (
            "channel_type must be a ChannelType, or a name of your own as a str"
        )

    @pytest.mark.parametrize("lowest", list(AlertSeverity))
    def test_it_takes_alerts_from_its_severity_up(self, lowest: AlertSeverity) -> None:
        """Severities compare by rank: INFO < WARNING < ERROR < CRITICAL."""
        channel = self.make_channel(min_severity=lowest)
        taken = [severity for severity in AlertSeverity if channel.should_send(alert(severity=severity))]
        expected = [severity for severity in AlertSeverity if severity >= lowest]
        assert taken == expected, "should_send() must compare with min_severity by rank"

    @pytest.mark.parametrize(
        ("domain", "taken"),
        [("finra", True), ("finra.otc", True), ("finra.otc.weekly", True), ("finraotc", False), ("sec", False)],
    )
    def test_domains_are_globs(self, domain: str, taken: bool) -> None:
        """`finra.*` takes `finra` and everything below it."""
        channel = self.make_channel(domains=["finra.*"])
        assert channel.should_send(alert(domain=domain)) is taken, "should_send() must match domains as globs"

    def test_without_a_domain_the_source_counts(self) -> None:
        """An alert without a domain is matched by its source."""
        channel = self.make_channel(domains=["finra.*"])
        assert channel.should_send(alert(source="finra.otc.ingest")), "match the source of an alert without a domain"
        assert not channel.should_send(alert(source="sec.ingest")), "match the source of an alert without a domain"

    def test_without_domains_it_takes_all(self) -> None:
        """A channel that names no domains takes every one."""
        assert self.make_channel().should_send(alert(domain="anything")), "no domains means all"

    def test_a_disabled_channel_takes_nothing(self) -> None:
        """`enabled=False`, `disable()` and `enable()` take precedence over all other rules."""
        channel = self.make_channel(enabled=False)
        assert not channel.should_send(alert()), "a disabled channel takes no alert"
        channel.enable()
        assert channel.should_send(alert()), "enable() must make it take alerts again"
        channel.disable()
        assert not channel.should_send(alert()), "disable() must make it take none"

    def test_a_delivery_is_a_result(self) -> None:
        """`send` returns a DeliveryResult that names the channel and succeeded."""
        channel = self.make_channel()
        result = channel.send(alert())
        assert isinstance(result, DeliveryResult), f"send() returned {type(result).__name__}: use DeliveryResult.ok()"
        assert result.channel_name == channel.name, "the result must name this channel"
        assert result.success, f"the channel of make_channel() must deliver, and failed: {result.error}"

    def test_send_does_not_filter(self) -> None:
        """`send` delivers every alert: filtering happens before."""
        self.needs("shows_deliveries")
        channel = self.make_channel(min_severity=AlertSeverity.CRITICAL, domains=["finra.*"])
        before = self.delivered()
        channel.send(alert(severity=AlertSeverity.INFO, domain="sec"))
        assert self.delivered() == before + 1, "send() must not ask should_send()"

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_are_delivered(self, text: str) -> None:
        """Title, message, source and metadata may hold any text."""
        hostile = alert(title=text, message=text, source=text or "source", metadata={"key": text, text or "k": [text]})
        result = self.make_channel().send(hostile)
        assert result.success, f"send() failed for a text from outside: {result.error}"

    def test_an_alert_with_everything_is_delivered(self) -> None:
        """An alert with error, run, execution and metadata of every JSON kind is delivered."""
        full = alert(
            error=SourceError("the file is missing", cause=OSError("no such file")),
            run_id="run",
            execution_id="execution",
            metadata={"n": 1, "f": 1.5, "none": None, "list": [1, {"a": "b"}], "flag": True},
        )
        result = self.make_channel().send(full)
        assert result.success, f"send() failed for an alert with all its fields: {result.error}"

    def test_a_failed_delivery_is_a_result(self) -> None:
        """`send` does not raise for a receiver that refuses: the result is a failure with its error."""
        self.needs("can_fail")
        channel = self.make_failing_channel()
        result = channel.send(alert())
        assert not result.success, "the channel of make_failing_channel() must fail"
        assert result.error is not None, "a failed result must have its error"
        assert result.channel_name == channel.name, "the result must name this channel"

    def test_threads_may_share_it(self) -> None:
        """All deliveries of one channel from several threads at once arrive."""
        self.needs("sends_in_parallel")
        channel = self.make_channel()
        before = self.delivered() if self.shows_deliveries else 0
        with ThreadPoolExecutor(_THREADS) as pool:
            # the context has the project's scope, which a thread does not inherit
            alerts = [alert(title=f"Title {number}") for number in range(_THREADS)]
            sending = [pool.submit(copy_context().run, channel.send, each) for each in alerts]
            results = [future.result() for future in sending]
        failed = [result.error for result in results if not result.success]
        assert not failed, f"keep temporary values in local variables, not on the channel: {failed}"
        arrived = self.delivered() - before if self.shows_deliveries else _THREADS
        assert arrived == _THREADS, f"{arrived} of {_THREADS} alerts arrived: deliver each of them"

    def test_a_receiver_that_never_answers_meets_the_deadline(self) -> None:
        """`deadline_seconds` is the total time of a delivery: `send` then returns a retryable failure."""
        self.needs("meets_deadline")
        channel, results = self.make_unanswered_channel(_DEADLINE_SECONDS), []
        context = copy_context()
        sending = Thread(target=lambda: results.append(context.run(channel.send, alert())), daemon=True)
        sending.start()
        sending.join(self.patience_seconds)
        assert results, "send() must return when deadline_seconds have passed, even if the receiver answers slowly"
        assert not results[0].success, "without an answer the delivery has failed"
        assert _is_retryable(results[0]), "a receiver that does not answer may answer later: use TimeoutError"

    def test_retry_after_arrives(self) -> None:
        """The error of a receiver that refuses for now is retryable and has the seconds that the receiver asked for."""
        self.needs("tells_retry_after")
        result = self.make_refusing_channel(_RETRY_AFTER_SECONDS).send(alert())
        assert not result.success, "the channel of make_refusing_channel() must fail"
        assert _is_retryable(result), "a receiver that asks to try again has a retryable error"
        said = get_retry_after(result.error)
        assert said == _RETRY_AFTER_SECONDS, f"give the error retry_after={_RETRY_AFTER_SECONDS}, not {said}"

    def test_the_end_of_an_incident_is_delivered(self) -> None:
        """`resolve` returns a DeliveryResult, as `send` does, also if the receiver refuses."""
        self.needs("resolves")
        channel = self.make_channel()
        has_resolve = isinstance(channel, ResolvingChannel)
        assert has_resolve, "resolves is on: give the class resolve(alert)"
        channel.send(alert())
        result = channel.resolve(alert())
        assert isinstance(result, DeliveryResult), (
            f"resolve() returned {type(result).__name__}: use DeliveryResult.ok()"
        )
        assert result.success, f"resolve() failed for an alert that was delivered: {result.error}"
        if self.can_fail:
            assert not self.make_failing_channel().resolve(alert()).success, "resolve() must return its failure"

    def test_a_channel_that_cannot_resolve_has_no_resolve(self) -> None:
        """Resolutions are sent to every channel with `resolve`; a `resolve` that only raises would fail each time."""
        if self.resolves:
            pytest.skip("resolves is on")
        channel = self.make_channel()
        if isinstance(channel, ResolvingChannel):
            result = channel.resolve(alert())
            assert isinstance(result, DeliveryResult), "remove resolve() if the channel cannot announce a resolution"

    def test_no_secret_shows(self) -> None:
        """`repr` and `str` of channel, result and error contain no secret."""
        channels = [self.make_channel(), *([self.make_failing_channel()] if self.can_fail else [])]
        results = [channel.send(alert()) for channel in channels]
        shown = " ".join(f"{thing!r} {thing}" for thing in (*channels, *results, *(result.error for result in results)))
        for secret in self.secrets():
            assert secret not in shown, "a secret shows: keep it in a spine.core.secrets.Secret"

    def needs(self, *flags: str) -> None:
        """Skip the test unless every flag is on."""
        for flag in flags:
            if not getattr(self, flag):
                pytest.skip(f"{flag} is off")


def _is_retryable(result: DeliveryResult) -> bool:
    return isinstance(result.error, BaseException) and is_retryable(result.error)


def alert(**fields: Any) -> Alert:
    """Return an alert with `fields` in place of the default ones."""
    usual = {"severity": AlertSeverity.CRITICAL, "title": "Title", "message": "Message", "source": "conformance"}
    return Alert(**{**usual, **fields})
