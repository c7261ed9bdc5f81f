"""A living scheduler for the schedules that are active."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from spine.app.checks.check import Finding, ok, warn
from spine.app.health_file import read_health
from spine.app.outdated import outdated
from spine.core.errors import SpineError
from spine.core.scope import use_scope

if TYPE_CHECKING:
    from spine.app.application import Application


def check_scheduler(project: Application) -> Iterator[Finding]:
    """Report schedules that no scheduler of this machine starts, and schedulers that are not well."""
    for row in _differing(project):
        says = (
            f"{row['folder']} is the same project in this database, and its scheduler {row['process']} declares others"
        )
        yield warn("scheduler", says, f"give one of the two another name in [spine] of {project.settings.path}")
    active, health = _active(project), read_health(project.settings.root)
    ill = [row for row in health if not row["well"]]
    for row in ill:
        says = f"{row['process']} is not well: {row['last_error']}"
        yield warn("scheduler", says, "spine scheduler run --status")
    old = outdated(project.settings, health)
    for row in old:
        says = f"{row['process']} was started before {row['file']} was changed, and runs what it was: restart it"
        yield warn("scheduler", says, "spine scheduler run --status")
    hung = [row for row in health if row["hung"]]
    for row in hung:
        says = f"{row['process']}: {row['hung']} of its threads run code that does not return; restart it to end them"
        yield warn("scheduler", says, "spine scheduler run --status")
    if active and not health:
        names = ", ".join(active[:3]) + (", ..." if len(active) > 3 else "")
        says = f"active: {len(active)} ({names}), and no scheduler runs on this machine"
        yield warn("scheduler", says, "spine scheduler run")
    elif not ill and not hung and not old:
        yield ok("scheduler", f"running on this machine: {len(health)}; active schedules: {len(active)}")


def _active(project: Application) -> list[str]:
    kept = project.recorded_schedules.list_schedules()
    paused = {record.name for record in kept if record.paused_at is not None or not record.enabled}
    added = {record.name for record in kept if not record.declared and record.gone_at is None}
    return sorted({*project.settings.schedules, *added} - paused)


def _differing(project: Application) -> list[dict[str, Any]]:
    """Return the schedulers in other folders that declare something else; none if this folder has faults."""
    from spine.app.service import schedulers_of

    try:
        with use_scope(project.scope):
            return schedulers_of(project, project.view_schedules()).differing()
    except SpineError:
        return []  # the check of schedules says why
