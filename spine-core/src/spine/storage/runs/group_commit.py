"""Group commit on SQLite: what several threads have ready at the same time is one transaction."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Sequence
from typing import Any

from attrs import define, frozen

from spine.db.adapter import DatabaseAdapter
from spine.db.driver_statement import driver_connection
from spine.db.forks import ForkAware
from spine.db.sqlite import SQLiteAdapter
from spine.storage.runs.hot_statements import Part


@frozen
class Execution:
    """A statement of a commit with its parameters."""

    part: Part
    sql: str
    parameters: tuple[Any, ...]

    def holds(self, cursor: Any) -> bool:
        """Execute the statement, and return False if it is a guard that fails."""
        cursor.execute(self.sql, self.parameters)
        if not self.part.is_guard:
            return True
        if self.part.key is not None:
            return bool(cursor.rowcount == 1)
        return (cursor.fetchone() is not None) == self.part.finds


@define(eq=False)
class _Commit:
    statements: Sequence[Execution]
    is_done: bool = False


class GroupCommit(ForkAware):
    """Commits of threads of this process. A thread whose turn it is makes those of all that wait, in one transaction.

    If a statement or a guard of one fails, none is made, and each thread makes its own in a transaction of its own.
    Where SQLite finds another writer, it sleeps; threads that take turns do not meet.
    """

    def __init__(self, adapter: DatabaseAdapter) -> None:
        super().__init__()
        self._adapter = adapter
        self.turn = threading.Lock()
        self.waiting: deque[_Commit] = deque()

    def forget_connections(self) -> None:
        """Leave to the parent of a forked child what its threads wait for, and whose turn it is."""
        self.turn, self.waiting = threading.Lock(), deque()

    def commit(self, statements: Sequence[Execution]) -> bool:
        """Return True once the statements are committed; False, with nothing written, if a guard fails."""
        adapter, mine = self._adapter, _Commit(statements)
        assert isinstance(adapter, SQLiteAdapter)
        self.waiting.append(mine)
        try:
            with self.turn:
                return mine.is_done or self._turn(adapter, mine)
        except BaseException:  # interrupted before its turn: afterwards nobody makes it
            self._withdraw(mine)
            raise

    def _turn(self, adapter: SQLiteAdapter, mine: _Commit) -> bool:
        group = [self.waiting.popleft() for _ in range(len(self.waiting))]
        if mine in group and len(group) > 1 and self._together(adapter, group):
            return True
        return _write(adapter, [mine])

    def _withdraw(self, mine: _Commit) -> None:
        try:
            self.waiting.remove(mine)
        except ValueError:  # another thread may be at it
            with self.turn:
                pass

    def _together(self, adapter: SQLiteAdapter, group: Sequence[_Commit]) -> bool:
        try:
            return _write(adapter, group)
        except Exception:  # noqa: BLE001 - each finds out by itself
            return group[-1].is_done


def _write(adapter: SQLiteAdapter, group: Sequence[_Commit]) -> bool:
    with driver_connection(adapter) as connection:
        with adapter.writing(connection) as cursor:
            holds = all(statement.holds(cursor) for commit in group for statement in commit.statements)
            if not holds:
                cursor.execute("ROLLBACK")
        for commit in group:
            commit.is_done = holds
    return holds
