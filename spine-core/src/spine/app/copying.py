"""The copy of a project's history from one database to another."""

from __future__ import annotations

from typing import TYPE_CHECKING

from attrs import frozen

from spine.storage.copying.copy import CopiedHistory, Watch, copy_history
from spine.storage.history import History

if TYPE_CHECKING:
    from spine.app.application import Application


@frozen
class Copy:
    """A copy that was made: the names of its databases, and what was copied."""

    source: str
    target: str
    history: CopiedHistory


def copy_project(application: Application, source: str, target: str, watch: Watch) -> Copy:
    """Copy the history of the project; both databases are URLs, or names of `[databases]`. See `copy_history`."""
    project, plugins = application.settings.spine.name, application.catalog.descriptors("migration")
    databases = application.databases
    with databases.at(source, readonly=True) as origin, databases.at(target) as place:
        copied = copy_history(History(origin, project), History(place, project), plugins, watch)
        return Copy(origin.location, place.location, copied)
