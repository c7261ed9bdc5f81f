"""Calendars of `spine.toml` whose data end soon: later holidays would be business days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from importlib.metadata import requires
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from spine.app.checks.check import Finding, edit, warn
from spine.core.clock import utc_now
from spine.core.scope import use_scope

if TYPE_CHECKING:
    from spine.app.application import Application

_NOTICE_DAYS = 60


def check_calendars(project: Application) -> Iterator[Finding]:
    """Yield a finding for each calendar whose `covers_until` is less than 60 days ahead, or past."""
    today = utc_now().date()
    with use_scope(project.scope):
        for name in project.settings.calendars:
            end = _end(project, name)
            if end is not None and (end - today).days < _NOTICE_DAYS:
                yield warn(f"calendar {name}", f"it knows no holidays after {end}", _fix(project, name))


def _end(project: Application, name: str) -> date | None:
    """Return the last day that a calendar covers; None for one without an end, or that cannot be built."""
    try:
        end = getattr(project.build_declared("calendar", name), "covers_until", None)
    except Exception:  # noqa: BLE001 - check_declared tells it
        return None
    return end if type(end) is date else None


def _fix(project: Application, name: str) -> str:
    """Return the command for new data: edit the calendar's file, or upgrade its distribution and what that needs."""
    declared = project.settings.calendars[name]
    path = declared.options.get("path")
    if isinstance(path, str):
        return edit(project.settings.root / path)
    [claim, *_] = project.catalog.claims("calendar", declared.type)
    plugin = claim.report.distribution
    needed = [each.name for each in map(Requirement, requires(plugin) or ()) if each.name != "spine-core"]
    return f"pip install --upgrade {' '.join([plugin, *needed])}"
