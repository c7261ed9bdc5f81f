"""Backoff of a retry."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.orchestration import RetryPolicy


def test_the_defaults_are_those_that_are_promised() -> None:
    policy = RetryPolicy()
    assert (policy.max_attempts, policy.initial_delay_seconds) == (3, 1.0)
    assert (policy.backoff_multiplier, policy.max_delay_seconds) == (2.0, 60.0)
    assert RetryPolicy(**policy.to_dict()) == policy


def test_without_jitter_the_delay_doubles_up_to_its_maximum() -> None:
    policy = RetryPolicy(jitter=False, max_delay_seconds=10)
    assert [policy.delay_seconds(attempt) for attempt in range(1, 7)] == [1, 2, 4, 8, 10, 10]


def test_full_jitter_draws_between_nothing_and_the_delay() -> None:
    drawn: list[tuple[float, float]] = []

    def uniform(low: float, high: float) -> float:
        drawn.append((low, high))
        return high / 2

    assert [RetryPolicy().delay_seconds(attempt, uniform=uniform) for attempt in (1, 2, 3)] == [0.5, 1, 2]
    assert drawn == [(0, 1), (0, 2), (0, 4)]


def test_a_delay_that_the_other_side_asked_for_is_never_undercut() -> None:
    policy = RetryPolicy(jitter=False, max_delay_seconds=10)
    assert policy.delay_seconds(1, retry_after=120) == 120
    assert policy.delay_seconds(4, retry_after=2) == 8


@given(
    st.integers(1, 10**6),
    st.floats(0, 1e6),
    st.floats(1, 1e6) | st.integers(1, 10**6),
    st.floats(0, 1e6),
    st.none() | st.floats(0, 1e6),
)
def test_every_delay_is_within_its_bounds(
    attempt: int, initial: float, multiplier: float, maximum: float, retry_after: float | None
) -> None:
    policy = RetryPolicy(initial_delay_seconds=initial, backoff_multiplier=multiplier, max_delay_seconds=maximum)
    delay = policy.delay_seconds(attempt, retry_after)
    counted = min(retry_after or 0, 3600)
    assert counted <= delay <= max(maximum, counted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"max_attempts": 0},
        {"max_attempts": 2.5},
        {"initial_delay_seconds": -1},
        {"backoff_multiplier": 0.5},
        {"max_delay_seconds": -1},
        {"max_delay_seconds": float("nan")},
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises((ValueError, TypeError), match=next(iter(wrong))):
        RetryPolicy(**wrong)
