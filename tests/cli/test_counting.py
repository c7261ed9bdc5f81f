"""Progress of long commands: what is done, how fast, and how long the rest takes."""

from __future__ import annotations

import pytest

from spine.cli.counting import Counting, counted_progress
from spine.testing import FixedClock


def test_the_line_says_what_is_done_how_fast_and_how_long_the_rest_takes(fixed_clock: FixedClock) -> None:
    counting = Counting().begin("rows copied", 3000)
    assert counting.lines(80) == []
    counting(1000)
    fixed_clock.advance(2)
    assert counting.lines(80) == ["  1,000 of 3,000 rows copied (33 %)  500/s  ETA 4 s"]


def test_bytes_are_in_a_fitting_unit(fixed_clock: FixedClock) -> None:
    counting = Counting().begin("verified", 4_000_000, in_bytes=True)
    counting(1_500_000)
    fixed_clock.advance(3)
    assert counting.lines(80) == ["  1.5 MB of 4.0 MB verified (37 %)  500.0 kB/s  ETA 5 s"]


def test_each_table_of_a_prune_begins_a_count(fixed_clock: FixedClock) -> None:
    counting = Counting()
    for table, done in (("runs", 10), ("runs", 25), ("logs", 5)):
        counting.reach(table, done)
        assert counting.lines(None) == [f"  {done} rows of {table} deleted"]


def test_a_quiet_command_shows_no_count(capsys: pytest.CaptureFixture[str]) -> None:
    with counted_progress(quiet=True) as counting:
        counting(1)
    assert capsys.readouterr() == ("", "")
