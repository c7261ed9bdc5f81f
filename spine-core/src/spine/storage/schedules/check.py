"""Check of a scheduler's database: it is the file that was opened, and it takes what is written."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import func, select, update

from spine.core.clock import current_clock
from spine.core.errors import DatabaseError
from spine.db.adapter import DatabaseAdapter
from spine.scheduling.store import StoreGoneError
from spine.storage.tables.schedules import schedules

_WRITE_SECONDS = 10.0

_OLDEST = select(func.min(schedules.c.id)).scalar_subquery()
_TOUCH = update(schedules).where(schedules.c.id == _OLDEST).values(updated_at=schedules.c.updated_at)


class WriteCheck:
    """A check called at each beat of a scheduler; it writes every ten seconds, so also while no tick is due.

    Raises StoreGoneError for a file that was deleted or replaced, and any error of the write.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        self._adapter = adapter
        self._path: Path | None = getattr(adapter, "path", None)  # of a database in a file
        self._file = _identity(self._path)
        self._written_at: float | None = None

    def __call__(self) -> None:
        found = _identity(self._path)
        if found != self._file:
            what = "deleted" if found is None else "replaced by another file"
            raise StoreGoneError(
                f"{self._adapter.location} was {what} while the scheduler ran: what it writes is lost; start it again"
            )
        now = current_clock().monotonic()
        if self._written_at is None or now - self._written_at >= _WRITE_SECONDS:
            with self._adapter.engine.begin() as connection:
                connection.execute(_TOUCH)
            self._written_at = now


def _identity(path: Path | None) -> tuple[int, int] | None:
    if path is None:
        return None
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise DatabaseError(f"the database {path} cannot be looked at: {error.strerror}", cause=error) from error
    return found.st_dev, found.st_ino
