"""The copy of a project's history: begun or continued, table by table, and compared at its end."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack

from attrs import evolve, frozen
from sqlalchemy import Connection, Table, delete, select, update

from spine.plugins.descriptors import Descriptor
from spine.storage.copying.compare import Sides, compare_table
from spine.storage.copying.errors import CopyError, CopyRefusedError
from spine.storage.copying.ledger import Entry, Ledger
from spine.storage.copying.numbers import is_used, renumber, reserve
from spine.storage.copying.rows import (
    Place,
    Row,
    after_batch,
    belongs_to,
    copied_tables,
    count_rows,
    fingerprint,
    other_tables,
    read_for_insert,
    read_later_parents,
    serial_column,
    write_rows,
)
from spine.storage.history import History
from spine.storage.migrate import HEAD, StoreVersionError, schema_status, upgrade
from spine.storage.project_activity import activities
from spine.storage.projects import list_projects, owned_tables
from spine.storage.tables.runs import definitions, runs

logger = logging.getLogger("spine.storage")

Progress = Callable[[int], None]
Watch = Callable[[str, int], Progress]
Fingerprints = Mapping[str, Row]


@frozen
class CopiedHistory:
    """The number of rows of each table in the copy, and whether an unfinished copy was continued.

    `left` are the other tables of the source, such as those of plugins: they are not copied.
    """

    tables: dict[str, int]
    was_continued: bool
    left: list[str]


def unwatched(_what: str, _total: int) -> Progress:
    """Return a progress that shows nothing."""
    return lambda _rows: None


def copy_history(
    source: History, target: History, plugins: Sequence[Descriptor] = (), watch: Watch = unwatched
) -> CopiedHistory:
    """Copy the history of a project into another database, compare both row by row, and return the numbers of rows.

    The source is read in one snapshot. Each batch is a transaction of the target that also moves the place in its
    ledger, so a copy that was killed continues where it was, or begins anew if the source has changed meanwhile. Tables
    are made in an empty target, those of `plugins` too, whose rows are not copied. `watch` is called with what is
    counted and its total, and returns the progress.

    Raises CopyRefusedError if the target has a history of the project, or while work goes on in the source;
    StoreVersionError if the tables of either are not up to date; CopyError if the two are not the same at the end.
    """
    if source.adapter.location == target.adapter.location:
        raise CopyRefusedError(f"{source.adapter.location} is the source and the target: give another target")
    _require_tables(source)
    _refuse_activity(source)
    if schema_status(target.adapter).current is None:
        _make_tables(target, plugins)
    _require_tables(target)
    copier = _Copier(source, target, Ledger(target.adapter, target.project), watch)
    was_continued = copier.copy()
    _refuse_activity(source)
    copier.compare()
    with target.engine.begin() as connection:
        copier.ledger.lock(connection)
        rows = {name: entry.place.rows for name, entry in copier.entries(connection).items()}
        copier.ledger.end(connection)
    return CopiedHistory(rows, was_continued, other_tables(source.adapter))


def _refuse_activity(source: History) -> None:
    """Raise a CopyRefusedError while something goes on; a run that waits is copied, and continues in the copy."""
    for activity in activities(source):
        raise CopyRefusedError(activity)


def _make_tables(target: History, plugins: Sequence[Descriptor]) -> None:
    upgrade(target.adapter)
    try:
        upgrade(target.adapter, plugins)
    except StoreVersionError as error:  # of a plugin, which may not support this database
        logger.warning("%s", error)


def _require_tables(history: History) -> None:
    status = schema_status(history.adapter)
    if status.current is None:
        raise CopyRefusedError(f"{history.adapter.location} has no history: give the database that has one")
    if status.current != status.head:
        raise StoreVersionError(
            f"{history.adapter.location} has tables of version {status.current}, not {HEAD}: run spine db upgrade with "
            "it as the database in [spine]"
        )


@frozen
class _Copier:
    source: History
    target: History
    ledger: Ledger
    watch: Watch

    @property
    def project(self) -> str:
        return self.target.project

    def copy(self) -> bool:
        """Copy what the target does not have yet; return True if it had some of it."""
        with self.source.reader.connect() as origin:
            prints = self._fingerprints(origin)
            if not any(found["rows"] for found in prints.values()):
                raise self._unknown_project()
            entries, was_continued = self._begin(prints)
            total = sum(found["rows"] for found in prints.values())
            progress = self.watch("rows copied", total - sum(entry.place.rows for entry in entries.values()))
            for table in copied_tables():
                self._copy_table(origin, table, entries[table.name], progress)
            self._set_later_parents(origin)
        return was_continued

    def compare(self) -> None:
        """Raise a CopyError if the source has changed since, or if a row is not the same in the target."""
        with ExitStack() as stack:
            origin = stack.enter_context(self.source.reader.connect())
            connection = stack.enter_context(self.target.reader.connect())
            entries = self.entries(connection)
            self._refuse_changes(entries, self._fingerprints(origin))
            sides = Sides(
                origin, connection, (self.source.adapter.location, self.target.adapter.location), self.project
            )
            progress = self.watch("rows compared", sum(entry.place.rows for entry in entries.values()))
            for table in copied_tables():
                self._compare_table(sides, table, entries[table.name], progress)

    def entries(self, connection: Connection) -> Mapping[str, Entry]:
        """Return the entries of the ledger; CopyRefusedError if another process has ended the copy."""
        found = self.ledger.read(connection)
        if not found:
            raise self.ledger.taken_over()
        return found

    def _begin(self, prints: Fingerprints) -> tuple[Mapping[str, Entry], bool]:
        """Enter the copy in the ledger, or find it there; return its entries, and True if it was there."""
        location = self.source.adapter.location
        with self.target.engine.begin() as connection:
            self.ledger.lock(connection)
            entries = self.ledger.read(connection)
            if was_there := bool(entries):
                self._refuse_other(connection, entries)
            else:
                self._refuse_rows(connection)
            new = {  # all of them, or those of a newer version
                table.name: Entry(location, prints[table.name], Place(), is_used(connection, table))
                for table in copied_tables()
                if table.name not in entries
            }
            self.ledger.begin(connection, new)
            entries |= new
        if any(entries[name].fingerprint != found for name, found in prints.items()):
            entries = self._restart(entries, prints)
        with self.target.engine.begin() as connection:
            for table in copied_tables():
                column = serial_column(table)
                if column is not None and not entries[table.name].renumbered:
                    reserve(connection, table, prints[table.name]["newest"][column.name])
        return entries, was_there

    def _restart(self, entries: Mapping[str, Entry], prints: Fingerprints) -> dict[str, Entry]:
        """Delete a copy that is not the same as its source any more, and return the entries of a new beginning."""
        logger.warning("the copy begins anew: %s has changed, or its copy has", self.source.adapter.location)
        for table in reversed(copied_tables()):
            with self.target.engine.begin() as connection:
                if table is not definitions:  # another project may have the same
                    connection.execute(delete(table).where(belongs_to(table, self.project)))
                self.ledger.restart(connection, table.name, prints[table.name])
        return {name: evolve(entry, place=Place()) for name, entry in entries.items()}

    def _copy_table(self, origin: Connection, table: Table, entry: Entry, progress: Progress) -> None:
        place = entry.place
        for batch in read_for_insert(origin, table, self.project, place.key):
            after = after_batch(place, table, batch)
            with self.target.engine.begin() as connection:
                self.ledger.advance(connection, table.name, place, after)
                rows = renumber(connection, table, batch) if entry.renumbered else batch
                write_rows(self.target.adapter, connection, table, rows)
            place = after
            progress(len(batch))

    def _set_later_parents(self, origin: Connection) -> None:
        for batch in read_later_parents(origin, self.project):
            with self.target.engine.begin() as connection:
                for row in batch:
                    child = update(runs).where(runs.c.run_id == row["child"])
                    connection.execute(child.values(parent_run_id=row["parent"]))

    def _compare_table(self, sides: Sides, table: Table, entry: Entry, progress: Progress) -> None:
        try:
            compare_table(sides, table, renumbered=entry.renumbered, progress=progress)
        except CopyError:
            with self.target.engine.begin() as connection:
                self.ledger.spoil(connection, table.name)
            raise

    def _refuse_changes(self, entries: Mapping[str, Entry], prints: Fingerprints) -> None:
        changed = [name for name, found in prints.items() if entries[name].fingerprint != found]
        if changed:
            raise CopyError(
                f"{self.source.adapter.location} has changed while it was copied ({', '.join(changed)}): stop what "
                "writes to it, and run the command again"
            )

    def _refuse_rows(self, connection: Connection) -> None:
        """Raise a CopyRefusedError if the target has a history of the project."""
        for table in owned_tables():
            if connection.execute(select(table).where(belongs_to(table, self.project)).limit(1)).first() is not None:
                raise CopyRefusedError(
                    f"{self.target.adapter.location} has a history of {self.target.title} already ({table.name}): "
                    "give a database without one"
                )

    def _refuse_other(self, connection: Connection, entries: Mapping[str, Entry]) -> None:
        """Raise a CopyRefusedError if what the target has is not what a copy of the source has written."""
        target, origin = self.target.adapter.location, next(iter(entries.values())).source
        if origin != self.source.adapter.location:
            raise CopyRefusedError(f"{target} has an unfinished copy of {origin}: continue that one, or give another")
        for table in copied_tables():
            written = entries[table.name].place.rows if table.name in entries else 0
            if table is not definitions and count_rows(connection, table, self.project) != written:
                raise CopyRefusedError(
                    f"{target} has an unfinished copy of {origin}, to which something else has written since "
                    f"({table.name}): give a database without a history of {self.target.title}"
                )

    def _unknown_project(self) -> CopyRefusedError:
        names = ", ".join(map(repr, list_projects(self.source))) or "none"
        return CopyRefusedError(
            f"{self.source.adapter.location} has no history of {self.target.title}, it has these projects: {names}; "
            "correct the name in [spine], or run spine db adopt"
        )

    def _fingerprints(self, origin: Connection) -> Fingerprints:
        return {table.name: fingerprint(origin, table, self.project) for table in copied_tables()}
