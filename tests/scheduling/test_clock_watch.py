"""The watch of the store's clock: after a jump, leases are not trusted for a moment."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from spine.scheduling.clock_watch import ClockWatch

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def looks(*clocks: tuple[float, float]) -> list[bool]:
    """Return the answers at looks, each with the seconds that the store's clock and the monotonic one show."""
    watch = ClockWatch()
    return [watch.is_steady(NOW + timedelta(seconds=shown), monotonic) for shown, monotonic in clocks]


def test_a_clock_that_goes_as_time_passes_is_steady() -> None:
    assert looks((0, 10), (1, 11), (90, 100.5)) == [True, True, True]


@pytest.mark.parametrize("hours", [-3, 3])
def test_a_jump_either_way_is_not_trusted_until_leases_are_renewed(hours: int) -> None:
    jump = hours * 3600
    assert looks((0, 10), (1 + jump, 11), (2 + jump, 12), (4 + jump, 14)) == [True, False, False, True]
