"""Checks of a store: the database, its tables, and the files of captures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import false, select, update

from spine.db.adapter import DatabaseAdapter
from spine.plugins.descriptors import Descriptor
from spine.storage.history import History
from spine.storage.migrate import differences, schema_status
from spine.storage.tables.captures import captures


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
    query = select(captures.c.name, captures.c.revision, captures.c.location, captures.c.byte_count)
    query = query.where(history.own(captures))
    faults = []
    with history.reader.connect() as connection:
        for row in connection.execute(query.order_by(captures.c.name, captures.c.revision)):
            path = payloads / row.location
            if not path.is_file():
                faults.append(f"capture {row.name!r} revision {row.revision}: its file {path} is missing")
            elif path.stat().st_size != row.byte_count:
                faults.append(
                    f"capture {row.name!r} revision {row.revision}: its file {path} has {path.stat().st_size} bytes, "
                    f"not {row.byte_count}"
                )
    return faults
