"""The diagnosis of a project: every check that its state permits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks import CHECKS, DATABASE_CHECKS, Check, Finding, State
from spine.app.checks.check import fail, in_one_line, warn
from spine.core.errors import SpineError

if TYPE_CHECKING:
    from spine.app.application import Application


def diagnose(project: Application) -> list[Finding]:
    """Return the findings of a project that was opened with its faults collected.

    The checks of the database are left out if it cannot be read.
    """
    found = [finding for check in CHECKS for finding in _run(check, project)]
    if _is_readable(project):
        found += [finding for check in DATABASE_CHECKS for finding in _run(check, project)]
    else:
        names = ", ".join(_name(check) for check in DATABASE_CHECKS)
        found.append(warn("history", f"not checked, since the database cannot be read: {names}", "spine doctor"))
    at_fault = {finding.check for finding in found if finding.status is not State.OK}
    return [finding for finding in found if finding.status is not State.OK or finding.check not in at_fault]


def _run(check: Check, project: Application) -> Iterator[Finding]:
    try:
        yield from check(project)
    except Exception as error:  # noqa: BLE001 - the other checks go on
        yield fail(_name(check), f"this check failed: {in_one_line(error)}", "spine --debug doctor")


def _name(check: Check) -> str:
    return getattr(check, "__name__", "check").removeprefix("check_")


def _is_readable(project: Application) -> bool:
    try:
        return project.history is not None
    except SpineError:
        return False
