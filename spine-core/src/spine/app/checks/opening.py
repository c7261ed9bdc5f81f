"""`spine.toml`, the project's modules and rules: everything that keeps a project from opening."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, fail, fix_of, ok

if TYPE_CHECKING:
    from spine.app.application import Application
    from spine.config.faults import Fault

_REPORTED_ELSEWHERE = ("plugins", "options", "database")
_OWN_ROWS = ("modules", "environment")


def check_opening(project: Application) -> Iterator[Finding]:
    """Yield a finding for each fault that was found when the project was opened."""
    faults = [fault for fault in project.faults.found if fault.part not in _REPORTED_ELSEWHERE]
    for fault in faults:
        check = fault.part if fault.part in _OWN_ROWS else "spine.toml"
        yield fail(check, str(fault.error), _fix(fault, project))
    if not faults:
        yield ok("spine.toml", f"{project.settings.path} was read, and its modules were imported")


def _fix(fault: Fault, project: Application) -> str:
    is_traced = fault.part == "modules" and fault.error.__cause__ is not None
    return "spine --debug workflows list" if is_traced else fix_of(fault.error, project)
