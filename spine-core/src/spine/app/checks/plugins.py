"""Installed plugins that are broken, incompatible or in conflict."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding

if TYPE_CHECKING:
    from spine.app.application import Application


def check_plugins(project: Application) -> Iterator[Finding]:
    """Yield a finding for each plugin that is at fault."""
    for report in project.catalog.reports:
        if report.is_at_fault:
            yield Finding(f"plugin {report.label}", False, f"{report.state.value}: {report.reason}")
