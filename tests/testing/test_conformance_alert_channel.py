"""Each rule of the suite for alert channels fails for a channel that breaks it."""

from __future__ import annotations

import io
from typing import Any

import pytest

from spine.core.errors import RateLimitError
from spine.framework.alerts import ConsoleChannel
from spine.testing import RecordingChannel
from spine.testing.conformance.alert_channel import AlertChannelConformance
from tests.testing.suite_run import failures

HEAD = """
import sqlite3
from threading import Event

from spine.core.errors import RateLimitError, TimeoutError
from spine.framework.alerts import DeliveryResult
from spine.testing import RecordingChannel
from spine.testing.conformance.alert_channel import AlertChannelConformance


class Suite(AlertChannelConformance):
    can_fail = shows_deliveries = sends_in_parallel = meets_deadline = tells_retry_after = resolves = True

    def make_channel(self, **options):
        self.channel = self.Made("right", **options)
        return self.channel

    def make_failing_channel(self):
        return self.Made("right", error=OSError("refused"))

    def make_unanswered_channel(self, deadline_seconds):
        return self.Made("right", error=TimeoutError("no answer"))

    def make_refusing_channel(self, retry_after):
        return self.Made("right", error=RateLimitError("not now", retry_after=retry_after))

    def delivered(self):
        return len(self.channel.alerts)

    def secrets(self):
        return ["canary"]


class Right(RecordingChannel):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.channel_type = "pigeon"

    def resolve(self, alert):
        return self.send(alert)


class TestRight(Suite):
    Made = Right
"""

DELIVERS = {
    "test_a_delivery_is_a_result",
    "test_hostile_texts_are_delivered",
    "test_an_alert_with_everything_is_delivered",
}

WRONG = {
    "HasNoType": (
        "def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self.channel_type = 'carrier pigeon'",
        {"test_it_is_a_channel"},
    ),
    "KnowsTwoSeverities": (
        "def should_send(self, alert):\n"
        "        known = alert.severity in (self.min_severity, 'CRITICAL')\n"
        "        return known and super().should_send(alert)",
        {"test_it_takes_alerts_from_its_severity_up"},
    ),
    "TakesEverything": (
        "def should_send(self, alert):\n        return True",
        {
            "test_it_takes_alerts_from_its_severity_up",
            "test_domains_are_globs",
            "test_without_a_domain_the_source_counts",
            "test_a_disabled_channel_takes_nothing",
        },
    ),
    "TakesNothingWithoutDomains": (
        "def __init__(self, name, domains=None, **rest):\n        super().__init__(name, domains=domains, **rest)\n"
        "        self.named = bool(domains)\n"
        "    def should_send(self, alert):\n"
        "        return super().should_send(alert) and (self.named or alert.domain is None)",
        {"test_without_domains_it_takes_all"},
    ),
    "ReturnsNothing": (
        "def send(self, alert):\n        super().send(alert)",
        {
            *DELIVERS,
            "test_a_failed_delivery_is_a_result",
            "test_threads_may_share_it",
            "test_a_receiver_that_never_answers_meets_the_deadline",
            "test_retry_after_arrives",
            "test_the_end_of_an_incident_is_delivered",
            "test_no_secret_shows",
        },
    ),
    "Filters": (
        "def send(self, alert):\n"
        "        if not self.should_send(alert):\n            return DeliveryResult.ok(self.name)\n"
        "        return super().send(alert)",
        {"test_send_does_not_filter"},
    ),
    "ChokesOnNul": (
        "def send(self, alert):\n"
        "        if '\\0' in alert.title:\n            raise ValueError('embedded null byte')\n"
        "        return super().send(alert)",
        {"test_hostile_texts_are_delivered"},
    ),
    "ChokesOnErrors": (
        "def send(self, alert):\n"
        "        if alert.error is not None:\n            raise TypeError('not JSON serializable')\n"
        "        return super().send(alert)",
        {"test_an_alert_with_everything_is_delivered"},
    ),
    "Raises": (
        "def send(self, alert):\n"
        "        if self.error is not None:\n            raise self.error\n        return super().send(alert)",
        {
            "test_a_failed_delivery_is_a_result",
            "test_a_receiver_that_never_answers_meets_the_deadline",
            "test_retry_after_arrives",
            "test_the_end_of_an_incident_is_delivered",
            "test_no_secret_shows",
        },
    ),
    "StaysInItsThread": (
        "def __init__(self, *args, **kwargs):\n        super().__init__(*args, **kwargs)\n"
        "        self.database = sqlite3.connect(':memory:')\n"
        "    def send(self, alert):\n"
        "        if self.error is not None:\n            return super().send(alert)\n"
        "        try:\n            self.database.execute('SELECT 1')\n"
        "        except sqlite3.ProgrammingError as error:\n            return DeliveryResult.fail(self.name, error)\n"
        "        return super().send(alert)",
        {"test_threads_may_share_it"},
    ),
    "DropsRepeats": (
        "sent = 0\n"
        "    def send(self, alert):\n"
        "        self.sent += 1\n"
        "        return super().send(alert) if self.sent <= 3 else DeliveryResult.ok(self.name)",
        {"test_threads_may_share_it"},
    ),
    "WaitsForever": (
        "def send(self, alert):\n"
        "        if isinstance(self.error, TimeoutError):\n            Event().wait()\n"
        "        return super().send(alert)",
        {"test_a_receiver_that_never_answers_meets_the_deadline"},
    ),
    "GivesUpForGood": (
        "def send(self, alert):\n"
        "        if isinstance(self.error, TimeoutError):\n"
        "            return DeliveryResult.fail(self.name, 'no answer')\n"
        "        return super().send(alert)",
        {"test_a_receiver_that_never_answers_meets_the_deadline"},
    ),
    "ForgetsRetryAfter": (
        "def send(self, alert):\n"
        "        if isinstance(self.error, RateLimitError):\n"
        "            return DeliveryResult.fail(self.name, RateLimitError('not now'))\n"
        "        return super().send(alert)",
        {"test_retry_after_arrives"},
    ),
    "RaisesAtTheEnd": (
        "def resolve(self, alert):\n        raise OSError('refused')",
        {"test_the_end_of_an_incident_is_delivered"},
    ),
    "ResolvesInName": (
        "def resolve(self, alert):\n        raise NotImplementedError",
        {"test_a_channel_that_cannot_resolve_has_no_resolve"},
    ),
    "TellsItsSecret": ("def __repr__(self):\n        return 'Channel(url=canary)'", {"test_no_secret_shows"}),
}

FLAGS = {"ResolvesInName": "resolves = False", "WaitsForever": "patience_seconds = 0.2"}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    classes = [
        f"class Made{name}(Right):\n    {body}\n\n\nclass Test{name}(Suite):\n    Made = Made{name}\n"
        f"    {FLAGS.get(name, '')}\n"
        for name, (body, _) in WRONG.items()
    ]
    return failures(tmp_path_factory.mktemp("channels"), HEAD + "\n\n".join(classes))


@pytest.mark.slow
def test_a_right_channel_passes(found: dict[str, set[str]]) -> None:
    assert found["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(found: dict[str, set[str]], name: str) -> None:
    assert found[f"Test{name}"] == WRONG[name][1]


def test_every_rule_is_broken_by_a_wrong_channel() -> None:
    rules = {name for name in vars(AlertChannelConformance) if name.startswith("test_")}
    assert set().union(*(broken for _, broken in WRONG.values())) == rules


class TestRecordingChannel(AlertChannelConformance):
    """The kit's own fake is a channel like any."""

    can_fail = True
    shows_deliveries = True
    sends_in_parallel = True
    tells_retry_after = True

    def make_channel(self, **options: Any) -> RecordingChannel:
        self.channel = RecordingChannel(**options)
        return self.channel

    def make_refusing_channel(self, retry_after: int) -> RecordingChannel:
        return RecordingChannel(error=RateLimitError("not now", retry_after=retry_after))

    def make_failing_channel(self) -> RecordingChannel:
        return RecordingChannel(error=OSError("refused"))

    def delivered(self) -> int:
        return len(self.channel.alerts)


class TestConsoleChannel(AlertChannelConformance):
    """Core's own channel."""

    can_fail = True
    shows_deliveries = True
    sends_in_parallel = True
    resolves = True

    def make_channel(self, **options: Any) -> ConsoleChannel:
        self.written = io.StringIO()
        return ConsoleChannel(**options, stream=self.written)

    def make_failing_channel(self) -> ConsoleChannel:
        closed = io.StringIO()
        closed.close()
        return ConsoleChannel(stream=closed)

    def delivered(self) -> int:
        return sum(line.startswith("[") for line in self.written.getvalue().splitlines())
