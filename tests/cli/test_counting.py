"""Progress of long commands: a line every two seconds, and none before."""

from __future__ import annotations

import pytest

from spine.cli.counting import Counting
from spine.testing import FixedClock


def test_a_line_comes_after_two_seconds_and_not_before(
    capsys: pytest.CaptureFixture[str], fixed_clock: FixedClock
) -> None:
    counting = Counting("bytes verified", 3000, quiet=False)
    counting(1000)
    assert capsys.readouterr().err == ""
    fixed_clock.advance(2)
    counting(1000)
    counting(1000)
    assert capsys.readouterr().err == "  2,000 of 3,000 bytes verified\n"


def test_a_quiet_command_has_no_progress(capsys: pytest.CaptureFixture[str], fixed_clock: FixedClock) -> None:
    counting = Counting("bytes verified", None, quiet=True)
    fixed_clock.advance(2)
    counting(1)
    assert capsys.readouterr().err == ""
