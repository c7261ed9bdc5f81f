"""Connections inside a transaction, and the results of their statements."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain, islice
from typing import Any, SupportsIndex, overload

import sqlalchemy
from attrs import frozen
from sqlalchemy import CursorResult, Executable, Transaction
from sqlalchemy.exc import SQLAlchemyError

from spine.core.errors import QueryError, SpineError
from spine.db.driver_errors import sqlalchemy_errors
from spine.db.placeholders import Params, bind, bind_many, check_params
from spine.db.sql_syntax import SqlSyntax

BLOCK_ROWS = 8192  # rows read or written at once
READS_ARROW = "spine_reads_arrow"  # the execution option of a statement whose rows become Arrow data


class Row(tuple[Any, ...]):
    """A row: a tuple whose values are also available as `row["name"]`; `dict(row)` works."""

    _positions: Mapping[str, int]

    def __new__(cls, values: Iterable[Any], positions: Mapping[str, int]) -> Row:
        row = super().__new__(cls, values)
        row._positions = positions
        return row

    @overload
    def __getitem__(self, key: SupportsIndex | str) -> Any: ...
    @overload
    def __getitem__(self, key: slice) -> tuple[Any, ...]: ...
    def __getitem__(self, key: SupportsIndex | slice | str) -> Any:
        if isinstance(key, str):
            return super().__getitem__(self._positions[key])
        return super().__getitem__(key)

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_") and name in self._positions:
            return super().__getitem__(self._positions[name])
        raise AttributeError(f"the row has no column {name!r}", name=name, obj=self)

    def __getnewargs__(self) -> tuple[tuple[Any, ...], Mapping[str, int]]:
        return tuple(self), self._positions

    def keys(self) -> list[str]:
        """Return the names of the columns, in their order."""
        return list(self._positions)


class Result:
    """The rows of a statement, fetched once; a statement that returns no rows has no columns.

    Of columns with the same name the second is called `name_2`, the third `name_3`. `rowcount` is the number of
    changed rows, as the driver counts them; it means nothing for a SELECT. Rows can be fetched until the transaction
    ends.
    `description` is that of the driver's cursor (DB-API 2.0).
    """

    def __init__(
        self,
        rows: Iterable[Iterable[Any]],
        columns: Iterable[str],
        rowcount: int,
        where: str,
        description: Sequence[Any] = (),
    ) -> None:
        self.columns = _distinct(columns)
        self.rowcount = rowcount
        self.description = description
        self._where = where
        self._positions = {name: position for position, name in enumerate(self.columns)}
        self._rows = self._guarded(rows)

    @classmethod
    def of_cursor(cls, cursor: CursorResult[Any], where: str, batch_size: int | None = None) -> Result:
        """Return the result that reads from a SQLAlchemy cursor, all at once or `batch_size` rows at a time."""
        if not cursor.returns_rows or cursor.cursor is None:  # SQLAlchemy drops DuckDB's row with the count
            return cls((), (), cursor.rowcount, where)
        rows: Iterable[Any] = cursor
        if batch_size is not None:  # a cursor's own iterator does not notice that the cursor was closed
            rows = chain.from_iterable(iter(lambda: cursor.fetchmany(batch_size), []))
        return cls(rows, cursor.keys(), cursor.rowcount, where, cursor.cursor.description or ())

    def fetchone(self) -> Row | None:
        """Return the next row, None after the last."""
        return next(self, None)

    def fetchmany(self, size: int) -> list[Row]:
        """Return the next rows, at most `size`."""
        return [row for _, row in zip(range(size), self, strict=False)]

    def fetchall(self) -> list[Row]:
        """Return the remaining rows."""
        return list(self)

    def dicts(self) -> list[dict[str, Any]]:
        """Return the remaining rows as dicts."""
        return [dict(zip(self.columns, row, strict=True)) for row in self._rows]

    def batches(self, size: int) -> Iterator[list[Iterable[Any]]]:
        """Yield the remaining rows in lists of `size`, the last one shorter."""
        while batch := list(islice(self._rows, size)):
            yield batch

    def buffer(self) -> Result:
        """Fetch every row now, to keep them after the transaction; return this result."""
        self._rows = iter(list(self._rows))
        return self

    def __iter__(self) -> Iterator[Row]:
        return self

    def __next__(self) -> Row:
        return Row(next(self._rows), self._positions)

    def _guarded(self, rows: Iterable[Iterable[Any]]) -> Iterator[Iterable[Any]]:
        with sqlalchemy_errors(self._where):
            yield from rows


@frozen
class ValueRules:
    """The conversion of a textual statement and its values for the driver."""

    syntax: SqlSyntax
    adapt: Mapping[type, Callable[[Any], Any]]

    def bound(self, sql: str, params: Params) -> tuple[str, Any]:
        """Return the statement and parameters that the driver takes."""
        text, values = bind(sql, params, self.syntax)
        return text, self.adapted(values)

    def adapted(self, values: Params) -> Any:
        """Return parameters with every value replaced whose type the driver does not support."""
        if not self.adapt:
            return values
        if isinstance(values, Mapping):
            return {name: self._adapted(value) for name, value in values.items()}
        return tuple(map(self._adapted, values))

    def _adapted(self, value: Any) -> Any:
        adapt = self.adapt.get(type(value))
        return value if adapt is None else adapt(value)


class Connection:
    """A connection inside a transaction, usable until its block ends and in its own thread."""

    def __init__(self, raw: sqlalchemy.Connection, rules: ValueRules, *, where: str, readonly: bool) -> None:
        self.readonly = readonly
        self.inherited = False
        self._failed = False
        self._raw = raw
        self._streams: set[CursorResult[Any]] = set()
        self._rules = rules
        self._where = where

    @property
    def raw(self) -> sqlalchemy.Connection:
        """The SQLAlchemy connection, for what this one does not offer; its transaction ends with the block."""
        self._check_usable()
        return self._raw

    def execute(self, statement: str | Executable, params: Params = ()) -> Result:
        """Run a statement: SQL with `?` filled from a sequence or `:name` from a dict, or a SQLAlchemy construct."""
        self._check_usable()
        return Result.of_cursor(self._execute(statement, params), self._where)

    @contextmanager
    def stream(
        self, statement: str | Executable, params: Params = (), batch_size: int = 1000, *, arrow: bool = False
    ) -> Iterator[Result]:
        """Run a reading statement and yield its result, whose rows are fetched `batch_size` at a time.

        It ends with the block or with the transaction. With `arrow`, values are those that `Dialect.arrow_columns`
        expects.
        """
        self._check_usable()
        if batch_size < 1:
            raise ValueError(f"a batch has at least one row, not {batch_size}")
        options = {"yield_per": batch_size, READS_ARROW: arrow}
        cursor = self._execute(statement, params, options)
        self._streams.add(cursor)
        try:
            yield Result.of_cursor(cursor, self._where, batch_size)
        finally:
            self._streams.discard(cursor)
            if not self.inherited:
                cursor.close()

    def executemany(self, statement: str | Executable, rows: Iterable[Params]) -> Result:
        """Run a statement once for each row of parameters; without rows, do nothing."""
        self._check_usable()
        given = list(rows)
        if not given:
            return Result((), (), 0, self._where)
        if isinstance(statement, str):
            sql, bound = bind_many(statement, given, self._rules.syntax)
            with sqlalchemy_errors(self._where):
                values = [self._rules.adapted(row) for row in bound]
                return Result.of_cursor(self._raw.exec_driver_sql(sql, values), self._where)
        adapted = [self._rules.adapted(_named(row)) for row in given]
        with sqlalchemy_errors(self._where):
            return Result.of_cursor(self._raw.execute(statement, adapted), self._where)

    @contextmanager
    def cursor(self, statement: str | Executable, params: Params = ()) -> Iterator[Any]:
        """Run a reading statement and yield the driver's own cursor, before any row is fetched."""
        self._check_usable()
        result = self._execute(statement, params)
        self._streams.add(result)
        try:
            yield result.cursor
        finally:
            self._streams.discard(result)
            if not self.inherited:
                result.close()

    @contextmanager
    def all_or_none(self) -> Iterator[None]:
        """End the whole transaction on an error of the block, for databases without savepoints."""
        try:
            yield
        except BaseException:
            self._failed = True
            raise

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit the block or roll it back; inside a transaction of this connection it is a savepoint."""
        with sqlalchemy_errors(self._where):
            begun = self._raw.begin_nested() if self._raw.in_transaction() else self._raw.begin()
        try:
            yield
            self._commit(begun)
        except BaseException:
            if not self.inherited:
                with suppress(SpineError, SQLAlchemyError):  # the database may have rolled back: the first error counts
                    begun.rollback()
            raise

    @contextmanager
    def closing(self) -> Iterator[None]:
        """Return the connection to the pool after the block."""
        try:
            yield
        finally:
            if not self.inherited:
                for stream in list(self._streams):
                    with suppress(SpineError, SQLAlchemyError):  # the connection may be lost
                        stream.close()
                self._raw.close()

    def _commit(self, begun: Transaction) -> None:
        self._check_usable()
        with sqlalchemy_errors(self._where):
            begun.commit()

    def _execute(
        self, statement: str | Executable, params: Params, options: Mapping[str, Any] | None = None
    ) -> CursorResult[Any]:
        if isinstance(statement, str):
            sql, values = self._rules.bound(statement, params)
            with sqlalchemy_errors(self._where):
                return self._raw.exec_driver_sql(sql, values, execution_options=options)
        named = self._rules.adapted(_named(params)) if params else None
        with sqlalchemy_errors(self._where):
            return self._raw.execute(statement, named, execution_options=options)

    def _check_usable(self) -> None:
        if self.inherited:
            raise QueryError(f"{self._where}: this transaction belongs to the parent process")
        if self._failed:
            raise QueryError(f"{self._where}: an earlier error ended this transaction")


def _named(params: Params) -> Mapping[str, Any]:
    params = check_params(params)
    if not isinstance(params, Mapping):
        raise QueryError("the parameters of a SQLAlchemy construct are a dict")
    return params


def _distinct(names: Iterable[str]) -> tuple[str, ...]:
    given = list(names)
    taken, seen = set(given), set[str]()
    distinct: list[str] = []
    for name in given:
        own, number = name, 1
        while own in seen or (number > 1 and own in taken):
            number += 1
            own = f"{name}_{number}"
        seen.add(own)
        distinct.append(own)
    return tuple(distinct)
