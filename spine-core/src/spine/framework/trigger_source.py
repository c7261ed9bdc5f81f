"""Origin of executions and runs."""

from __future__ import annotations

from enum import Enum


class TriggerSource(str, Enum):
    """Origin of an execution or a run."""

    CLI = "cli"
    API = "api"
    SCHEDULER = "scheduler"
    RETRY = "retry"
    MANUAL = "manual"
