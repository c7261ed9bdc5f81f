"""The PostgreSQL schema with Procrastinate's tables, apart from a Procrastinate that the user may have."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, func, select, text

SCHEMA = "spine_procrastinate"

_SET = text("SELECT set_config('search_path', :path, true)")  # until the end of the transaction


@contextmanager
def in_schema(connection: Connection) -> Iterator[None]:
    """Look names up in the schema inside the block: the statements of Procrastinate do not name one."""
    before = connection.execute(select(func.current_setting("search_path"))).scalar_one()
    connection.execute(_SET, {"path": f"{SCHEMA}, pg_temp"})
    yield
    connection.execute(_SET, {"path": before})  # not after an error, which ends the transaction anyway
