"""Rules for every alert channel."""

from __future__ import annotations

from typing import Any

import pytest

from spine.core.errors import SourceError
from spine.core.names import kind_of
from spine.framework.alerts import Alert, AlertChannel, AlertSeverity, ChannelType, DeliveryResult

HOSTILE = [
    "two\nlines",
    "a header\r\nBcc: everyone@example.com",
    "\x1b[2J\x1b[31mred",
    "<!channel> <script>alert(1)</script> & 'quotes' \"double\"",
    "NUL \0 in the middle",
    "naïve 日本語 \U0001f4a5",
    "x" * 100_000,
    "",
]


class AlertChannelConformance:
    """Subclass it as `Test...`, give `make_channel`, and switch on what the channel can do.

    `can_fail`: `make_failing_channel` gives a channel whose receiver refuses or is not there.
    `shows_deliveries`: `delivered` tells how many alerts have arrived at the receiver of `make_channel`.
    """

    can_fail = False
    shows_deliveries = False

    def make_channel(self, **options: Any) -> Any:
        """Return a channel whose receiver works; `options` are min_severity, domains and enabled."""
        raise NotImplementedError("give the suite a make_channel(self, **options)")

    def make_failing_channel(self) -> Any:
        """Return a channel whose delivery fails."""
        raise NotImplementedError("can_fail is on: give the suite a make_failing_channel(self)")

    def delivered(self) -> int:
        """Return how many alerts have arrived at the receiver so far."""
        raise NotImplementedError("shows_deliveries is on: give the suite a delivered(self)")

    def secrets(self) -> list[str]:
        """Return the texts that must not show, of both channels."""
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
        """`enabled=False`, `disable()` and `enable()` decide before anything else."""
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
        """What to send was decided before; `send` delivers whatever it is given."""
        self.needs("shows_deliveries")
        channel = self.make_channel(min_severity=AlertSeverity.CRITICAL, domains=["finra.*"])
        before = self.delivered()
        channel.send(alert(severity=AlertSeverity.INFO, domain="sec"))
        assert self.delivered() == before + 1, "send() must not ask should_send()"

    @pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
    def test_hostile_texts_are_delivered(self, text: str) -> None:
        """Title, message, source and metadata may hold anything."""
        hostile = alert(title=text, message=text, source=text or "source", metadata={"key": text, text or "k": [text]})
        result = self.make_channel().send(hostile)
        assert result.success, f"send() failed for a text from outside: {result.error}"

    def test_an_alert_with_everything_is_delivered(self) -> None:
        """Error, run, execution and metadata of every JSON kind do not disturb it."""
        full = alert(
            error=SourceError("the file is missing", cause=OSError("no such file")),
            run_id="run",
            execution_id="execution",
            metadata={"n": 1, "f": 1.5, "none": None, "list": [1, {"a": "b"}], "flag": True},
        )
        result = self.make_channel().send(full)
        assert result.success, f"send() failed for an alert with all its fields: {result.error}"

    def test_a_failed_delivery_is_a_result(self) -> None:
        """`send` raises nothing for a receiver that refuses: the result is a failure with its error."""
        self.needs("can_fail")
        channel = self.make_failing_channel()
        result = channel.send(alert())
        assert not result.success, "the channel of make_failing_channel() must fail"
        assert result.error is not None, "a failed result must have its error"
        assert result.channel_name == channel.name, "the result must name this channel"

    def test_no_secret_shows(self) -> None:
        """Neither `repr` nor `str` of channel, result and error hold a secret."""
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


def alert(**fields: Any) -> Alert:
    """Return an alert with `fields` in place of the usual ones."""
    usual = {"severity": AlertSeverity.CRITICAL, "title": "Title", "message": "Message", "source": "conformance"}
    return Alert(**{**usual, **fields})
