"""The PostgreSQL schema with Procrastinate's tables, apart from a Procrastinate that the user may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, text

SCHEMA = "spine_procrastinate"

_ENTER = text(
    "SELECT path.before, set_config('search_path', :path, true) "
    "FROM (SELECT current_setting('search_path') AS before OFFSET 0) AS path"  # which is read first
)
_SET = text("SELECT set_config('search_path', :path, true)")  # until the end of the transaction


@contextmanager
def in_schema(connection: Connection) -> Iterator[None]:
    """Look names up in the schema inside the block: the statements of Procrastinate do not name one."""
    before = connection.execute(_ENTER, {"path": f"{SCHEMA}, pg_temp"}).one().before
    yield
    connection.execute(_SET, {"path": before})  # not after an error, which ends the transaction anyway
