"""Projects whose history is in one database."""

from __future__ import annotations

from sqlalchemy import Table, delete, select, union, update

from spine.core.errors import ConfigError, IntegrityError
from spine.orchestration.run_queue import QUEUE_LEASE
from spine.storage.history import History
from spine.storage.project_activity import activities
from spine.storage.tables.alerts import alert_channels
from spine.storage.tables.captures import captures
from spine.storage.tables.complete import metadata
from spine.storage.tables.databases import database_connections
from spine.storage.tables.runs import runs
from spine.storage.tables.schedules import schedulers, schedules
from spine.storage.tables.sources import sources

_DECLARED = (alert_channels, database_connections, sources)  # rows that the next command writes from spine.toml


def owned_tables() -> list[Table]:
    """Return the tables whose rows belong to a project."""
    return [table for table in metadata.sorted_tables if "project" in table.c]


def list_projects(history: History) -> list[str]:
    """Return the projects that have runs, schedules or captures in the database, by name."""
    query = union(select(runs.c.project), select(schedules.c.project), select(captures.c.project))
    with history.reader.connect() as connection:
        return sorted(connection.execute(query).scalars())


def adopt(history: History, project: str) -> dict[str, int]:
    """Give the rows of another project to this one, which has been renamed; return the number of rows by table.

    What both declare in spine.toml, but for schedules, is kept as this one does. Raises ConfigError if the other has no
    rows, while work goes on in it, or if both have another row of one name.
    """
    known = list_projects(history)
    if project not in known:
        names = ", ".join(map(repr, known)) or "none"
        raise ConfigError(f"the database has no project {project!r}: it has {names}")
    for activity in activities(History(history.adapter, project)):  # it would go on to write under the other name
        raise ConfigError(activity)
    moved = {}
    try:
        with history.engine.begin() as connection:
            for table in _DECLARED:
                here = select(table.c.name).where(history.own(table))
                connection.execute(delete(table).where(table.c.project == project, table.c.name.in_(here)))
            for table in owned_tables():
                if table is not schedulers:
                    theirs = update(table).where(table.c.project == project).values(project=history.project)
                    moved[table.name] = connection.execute(theirs).rowcount
            connection.execute(delete(schedulers).where(schedulers.c.project == project))  # they have ended
            queued = (history.own(runs), runs.c.lease_owner == QUEUE_LEASE.owner)
            connection.execute(update(runs).where(*queued).values(lease_owner=None))  # under the other name
    except IntegrityError as error:
        raise ConfigError(
            f"projects {project!r} and {history.project!r} have a row of the same name, and stay as they are: {error}",
            cause=error,
        ) from error
    return {name: count for name, count in moved.items() if count}
