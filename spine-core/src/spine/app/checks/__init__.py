"""The checks of `spine doctor`, one file each, in the order of the report."""

from __future__ import annotations

from spine.app.checks.alerts import check_alerts
from spine.app.checks.arrow import check_arrow
from spine.app.checks.backfills import check_backfills
from spine.app.checks.calendars import check_calendars
from spine.app.checks.channels import check_channels
from spine.app.checks.check import Check, Finding, State
from spine.app.checks.clock import check_clock
from spine.app.checks.contracts import check_contracts
from spine.app.checks.database import check_database
from spine.app.checks.declared import check_declared
from spine.app.checks.disk import check_disk
from spine.app.checks.folder import check_folder
from spine.app.checks.opening import check_opening
from spine.app.checks.plugins import check_plugins
from spine.app.checks.runs import check_runs
from spine.app.checks.scheduler import check_scheduler
from spine.app.checks.schedules import check_schedules
from spine.app.checks.store import check_store
from spine.app.checks.tier import check_tier
from spine.app.checks.workers import check_workers
from spine.app.checks.workflows import check_workflows

__all__ = ["CHECKS", "DATABASE_CHECKS", "Check", "Finding", "State"]

CHECKS: tuple[Check, ...] = (
    check_opening,
    check_plugins,
    check_tier,
    check_declared,
    check_calendars,
    check_workflows,
    check_schedules,
    check_folder,
    check_disk,
    check_database,
)

DATABASE_CHECKS: tuple[Check, ...] = (
    check_clock,
    check_scheduler,
    check_workers,
    check_runs,
    check_backfills,
    check_channels,
    check_alerts,
    check_contracts,
    check_arrow,
    check_store,
)
"""The checks that read the project's database, made where `check_database` finds no fault."""
