"""The checks of `spine doctor`, one file each; `CHECKS` has them in the order of the report."""

from __future__ import annotations

from spine.app.checks.alerts import check_alerts
from spine.app.checks.channels import check_channels
from spine.app.checks.check import Check, Finding
from spine.app.checks.clock import check_clock
from spine.app.checks.database import check_database
from spine.app.checks.declared import check_declared
from spine.app.checks.disk import check_disk
from spine.app.checks.plugins import check_plugins
from spine.app.checks.schedulers import check_schedulers
from spine.app.checks.schedules import check_schedules
from spine.app.checks.workflows import check_workflows

__all__ = ["CHECKS", "Check", "Finding"]

CHECKS: tuple[Check, ...] = (
    check_database,
    check_clock,
    check_disk,
    check_schedules,
    check_schedulers,
    check_workflows,
    check_plugins,
    check_declared,
    check_channels,
    check_alerts,
)
