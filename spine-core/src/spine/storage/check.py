"""Checks of a store: the database, its tables, and the files of captures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import false, select, update

from spine.db.adapter import DatabaseAdapter
from spine.framework.captures.payloads import PayloadStore
from spine.framework.captures.verify import verify_captures
from spine.plugins.descriptors import Descriptor
from spine.storage.captures.store import find_captures
from spine.storage.history import History
from spine.storage.migrate import differences, schema_status
from spine.storage.tables.captures import captures

_BATCH = 500  # ids in one statement


def check_store(history: History, payloads: Path, plugins: Sequence[Descriptor] = ()) -> list[str]:
    """Return a sentence for each fault, empty without faults; `plugins` are those with migrations.

    Of the captures, those of the project are checked.
    """
    adapter = history.adapter
    faults = adapter.check()
    status = schema_status(adapter, plugins)
    old = [each for each in (status, *status.plugins) if each.current != each.head]
    faults += [
        f"{'the tables' if each is status else f'the tables of plugin {each.owner}'} have version "
        f"{each.current or 'none'}, not {each.head}: run spine db upgrade"
        for each in old
    ]
    if status in old:
        return faults
    owners = {each.owner for each in old}
    faults += [
        f"the tables differ from what this version declares: {difference}"
        for difference in differences(adapter, [plugin for plugin in plugins if plugin.name not in owners])
    ]
    return faults + _missing_payloads(history, payloads)


def check_writable(adapter: DatabaseAdapter) -> None:
    """Raise an error if the database refuses writes: an UPDATE of no row is tried."""
    with adapter.engine.begin() as connection:
        connection.execute(update(captures).where(false()).values(name=captures.c.name))


def _missing_payloads(history: History, payloads: Path) -> list[str]:
    """Return an error for each capture whose file is missing, or damaged where its size alone shows it.

    The size of a file may differ from the row's if a later version of pyarrow has repaired it.
    """
    query = select(captures.c.capture_id, captures.c.location, captures.c.byte_count).where(history.own(captures))
    with history.reader.connect() as connection:
        suspects = [
            row.capture_id
            for row in connection.execute(query.order_by(captures.c.name, captures.c.revision))
            if _size(payloads / row.location) != row.byte_count
        ]
        batches = [suspects[start : start + _BATCH] for start in range(0, len(suspects), _BATCH)]
        found = [capture for batch in batches for capture in find_captures(connection, batch)]
    return [str(error) for error in verify_captures(PayloadStore(payloads), found)]


def _size(path: Path) -> int | None:
    return path.stat().st_size if path.is_file() else None
