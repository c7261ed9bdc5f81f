"""What becomes of one moment of a schedule."""

from __future__ import annotations

from datetime import datetime
from enum import Enum

from attrs import frozen


class Decision(str, Enum):
    """What to do with a tick."""

    RUN = "RUN"
    SKIPPED = "SKIPPED"
    MISSED = "MISSED"


@frozen
class Tick:
    """One moment of a schedule, in UTC, what is decided about it, and why; a tick that runs on time needs no reason."""

    scheduled_at: datetime
    decision: Decision
    reason: str = ""
