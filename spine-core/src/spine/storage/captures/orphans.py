"""Files in the store of payloads that no capture of any project refers to."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import select

from spine.core.clock import utc_now
from spine.framework.captures.payloads import ParquetPayloads
from spine.framework.captures.stored_file import StoredFile
from spine.storage.captures.in_use import used_since
from spine.storage.history import History
from spine.storage.tables.captures import captures


def find_orphans(history: History, store: ParquetPayloads, *, older_than: timedelta) -> list[StoredFile]:
    """Return the files that no row of any project refers to, except those that work in progress may still commit.

    These are the files written or taken into use within `older_than`, or since ten minutes before the start of the
    oldest run or pipeline that still works.
    """
    # the order matters: what ends after the look at the runs has committed before the look at the captures
    in_use, before = history.read(used_since), utc_now() - older_than
    before = before if in_use is None else min(before, in_use)
    found = [orphan for orphan in store.files() if orphan.modified_at < before]
    used = set(history.read(lambda connection: connection.execute(select(captures.c.location)).scalars().all()))
    return [orphan for orphan in found if orphan.location not in used]


def remove_orphans(
    store: ParquetPayloads, orphans: list[StoredFile], progress: Callable[[int], None] = lambda _files: None
) -> list[StoredFile]:
    """Delete the files and return those deleted: one that was taken into use since `find_orphans` is kept.

    `progress` gets the number of files of each step, which is 1.
    """
    removed = []
    for orphan in orphans:
        if store.remove(orphan):
            removed.append(orphan)
        progress(1)
    return removed
