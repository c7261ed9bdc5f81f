"""Jitter is the same on every scheduler, and spreads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

from spine.scheduling.jitter import jitter

AT = datetime(2026, 11, 23, tzinfo=UTC)


def test_jitter_depends_on_the_name_and_the_moment_alone() -> None:
    assert jitter("a", AT, 60) == timedelta(seconds=31, microseconds=336845)
    assert jitter("a", AT.astimezone(timezone(timedelta(hours=5))), 60) == jitter("a", AT, 60)
    assert jitter("b", AT, 60) != jitter("a", AT, 60)
    assert jitter("a", AT + timedelta(hours=1), 60) != jitter("a", AT, 60)


def test_jitter_lies_between_none_and_the_most_and_fills_it() -> None:
    delays = [jitter(f"s{number}", AT, 10).total_seconds() for number in range(1000)]
    assert 0 <= min(delays) < 0.2
    assert 9.8 < max(delays) <= 10
    assert 4.5 < sum(delays) / len(delays) < 5.5


def test_without_jitter_nothing_is_delayed() -> None:
    assert jitter("a", AT, 0) == timedelta()
