"""Checks of a store: the database, its tables, and the files of captures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from sqlalchemy import false, update

from spine.db.adapter import DatabaseAdapter
from spine.framework.captures.payloads import ParquetPayloads, PayloadStore
from spine.framework.captures.verify import verify_captures
from spine.plugins.descriptors import Descriptor
from spine.storage.captures.store import SqlCaptureStore
from spine.storage.history import History
from spine.storage.migrate import differences, schema_status
from spine.storage.tables.captures import captures


def check_store(
    history: History,
    payloads: ParquetPayloads | Path,
    plugins: Sequence[Descriptor] = (),
    progress: Callable[[int], None] = lambda _bytes: None,
) -> list[str]:
    """Return a sentence for each fault, empty without faults; `plugins` are those with migrations.

    Of the captures, those of the project are checked, and their files read in full; `progress` gets the number of bytes
    of each chunk.
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
    store = PayloadStore(payloads) if isinstance(payloads, Path) else payloads
    damaged = verify_captures(store, SqlCaptureStore(history, store).list_captures(), progress)
    return faults + [str(error) for error in damaged]


def check_writable(adapter: DatabaseAdapter) -> None:
    """Raise an error if the database refuses writes: an UPDATE of no row is tried."""
    with adapter.engine.begin() as connection:
        connection.execute(update(captures).where(false()).values(name=captures.c.name))
