"""This machine's clock against the database's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, ok
from spine.core.clock import utc_now
from spine.storage.clock import StoreClock

if TYPE_CHECKING:
    from spine.app.application import Application

_MOST_SKEW_SECONDS = 2.0


def check_clock(project: Application) -> Iterator[Finding]:
    """Compare the two clocks, assuming that the database read its own halfway between request and response."""
    before = utc_now()
    there = StoreClock(project.adapter).now()
    skew = (before + (utc_now() - before) / 2 - there).total_seconds()
    says = f"this machine is {abs(skew):.1f} s {'ahead of' if skew > 0 else 'behind'} the database, whose time counts"
    yield ok("clock", says) if abs(skew) <= _MOST_SKEW_SECONDS else fail("clock", says, "timedatectl set-ntp true")
