"""Zones are IANA zones, by their exact names."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from spine.core.errors import ScheduleError
from spine.scheduling.zone import load_zone, naive_utc


def test_an_unknown_zone_is_refused_with_the_closest_one() -> None:
    with pytest.raises(
        ScheduleError, match="timezone 'America/New_Yrok' is not known; did you mean 'America/New_York'"
    ):
        load_zone("America/New_Yrok")


@pytest.mark.parametrize(
    "name", ["", "../../etc/passwd", "/etc/localtime", "America", "EST5", "a\0b", "localtime", "Mars" * 99]
)
def test_what_is_no_zone_at_all_is_told_an_example(name: str) -> None:
    with pytest.raises(ScheduleError, match="timezone"):
        load_zone(name)


def test_a_moment_without_a_zone_is_no_moment() -> None:
    with pytest.raises(ValueError, match="needs a timezone"):
        naive_utc(datetime(2026, 1, 1))
    assert naive_utc(datetime(2026, 1, 1, tzinfo=UTC)) == datetime(2026, 1, 1)
