"""Group commit on SQLite: what several threads have ready at the same time is one transaction."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Any

from attrs import define, field, frozen

from spine.db.adapter import DatabaseAdapter
from spine.db.driver_statement import driver_connection
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


@frozen(eq=False)
class GroupCommit:
    """Commits of threads of this process. A thread whose turn it is makes those of all that wait, in one transaction.

    If a statement or a guard of one fails, none is made, and each thread makes its own in a transaction of its own.
    """

    adapter: DatabaseAdapter
    _waiting: deque[_Commit] = field(factory=deque, init=False)

    def commit(self, statements: Sequence[Execution]) -> bool:
        """Return True once the statements are committed; False, with nothing written, if a guard fails."""
        adapter, mine = self.adapter, _Commit(statements)
        assert isinstance(adapter, SQLiteAdapter)
        self._waiting.append(mine)
        try:
            with adapter.turn:
                return mine.is_done or self._turn(adapter, mine)
        except BaseException:  # interrupted before its turn: afterwards nobody makes it
            self._withdraw(adapter, mine)
            raise

    def _turn(self, adapter: SQLiteAdapter, mine: _Commit) -> bool:
        group = [self._waiting.popleft() for _ in range(len(self._waiting))]
        if mine in group and len(group) > 1 and self._together(adapter, group):
            return True
        return _write(adapter, [mine])

    def _withdraw(self, adapter: SQLiteAdapter, mine: _Commit) -> None:
        try:
            self._waiting.remove(mine)
        except ValueError:  # another thread may be at it
            with adapter.turn:
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
