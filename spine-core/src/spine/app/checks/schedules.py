"""The schedules that `spine.toml` declares: their times, targets and parameters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, fix_of, ok
from spine.core.errors import SpineError
from spine.core.scope import use_scope

if TYPE_CHECKING:
    from spine.app.application import Application


def check_schedules(project: Application) -> Iterator[Finding]:
    """Yield a finding for each schedule that could not start its runs, and the number of the others."""
    names = list(project.settings.schedules)
    faults = 0
    for name in names:
        try:
            with use_scope(project.scope):
                project.check_schedule(name)
        except SpineError as error:
            faults += 1
            yield fail(f"schedule {name}", str(error), fix_of(error, project))
    yield ok("schedules", f"{len(names)} declared, {faults} of them with a fault")
