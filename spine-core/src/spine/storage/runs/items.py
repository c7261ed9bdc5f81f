"""Items of map steps in SQL: written in groups, and read page by page, however many there are."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from attrs import asdict, frozen
from sqlalchemy import Connection, Dialect, RowMapping, bindparam, insert, select, update

from spine.orchestration.events import ItemsCommitted
from spine.orchestration.records import Batch, ItemBatch, ItemRecord, ItemResult
from spine.orchestration.status import StepStatus
from spine.storage.history import History
from spine.storage.runs.rows import item_of
from spine.storage.tables.runs import items, steps

_AT_ONCE = 1000
_COLUMNS = tuple(column.name for column in items.c)
_UPDATE_PROGRESS = update(steps).where(steps.c.step_id == bindparam("of_step")).values(metrics=bindparam("metrics"))

_NO_ERROR = (None,) * 5  # `error_columns` of an item that completed


def write_items(connection: Connection, run_id: str, batch: ItemBatch) -> None:
    """Write a group of items, and how far their step is, inside the transaction of `connection`."""
    _make_room(connection, run_id, batch)
    if batch.items:
        statement = _insert_statement(connection.dialect)
        rows = statement.rows(run_id, batch)
        if not connection.dialect.positional:
            rows = [dict(zip(_COLUMNS, row, strict=True)) for row in rows]
        connection.exec_driver_sql(statement.text, rows)
    if batch.progress is not None:
        metrics = {"items": asdict(batch.progress)}
        connection.execute(_UPDATE_PROGRESS, {"of_step": batch.step_id, "metrics": metrics})


def is_written(connection: Connection, run_id: str, batch: ItemBatch) -> bool:
    """Return True if an earlier try has written the group although its answer was lost."""
    if batch.replaced_from is not None:
        return False  # written again, it leaves the same rows
    last = batch.items[-1]
    query = select(items.c.attempt).where(*_visit(run_id, batch), items.c.item_index == last.item_index)
    return connection.execute(query).scalar() == last.attempt


def items_committed(batch: Batch) -> list[ItemsCommitted]:
    """Return the event of the items of a batch; none for one without items, or that only renumbers them."""
    if batch.items is None or batch.items.step_id is None or not (found := batch.items.items):
        return []
    return [
        ItemsCommitted(
            run_id=batch.run_id,
            step_id=batch.items.step_id,
            step=batch.items.step_name,
            attempt=found[-1].attempt,
            items=len(found),
            failed=sum(item.status is StepStatus.FAILED for item in found),
            started_at=min(item.started_at for item in found).isoformat(),
            completed_at=max(item.completed_at for item in found).isoformat(),
        )
    ]


def list_items(history: History, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemRecord]:
    """Yield the items of one visit to a map step, in order."""
    return (item_of(row) for row in _pages(history, items.c, run_id, step_name, first_attempt))


def list_results(history: History, run_id: str, step_name: str, first_attempt: int) -> Iterator[ItemResult]:
    """Yield what the items of one visit to a map step gave, in order."""
    columns = (items.c.item_index, items.c.output, items.c.error)
    return (ItemResult(**row) for row in _pages(history, columns, run_id, step_name, first_attempt))


def _pages(history: History, columns: Any, run_id: str, step_name: str, first_attempt: int) -> Iterator[RowMapping]:
    visit = (items.c.run_id == run_id, items.c.step_name == step_name, items.c.first_attempt == first_attempt)
    query = select(*columns).where(*visit, items.c.item_index > bindparam("last"))
    query = query.order_by(items.c.item_index).limit(_AT_ONCE)
    last = -1

    def page(connection: Connection) -> Sequence[RowMapping]:
        return connection.execute(query, {"last": last}).mappings().all()

    while rows := history.read(page):
        yield from rows
        last = rows[-1]["item_index"]


def _make_room(connection: Connection, run_id: str, batch: ItemBatch) -> None:
    visit = _visit(run_id, batch)
    if batch.replaced_from is not None:
        connection.execute(items.delete().where(*visit, items.c.item_index >= batch.replaced_from))
        return
    again = [item.item_index for item in batch.items if item.attempt > 1]  # failed in an earlier attempt of the step
    for start in range(0, len(again), _AT_ONCE):
        part = again[start : start + _AT_ONCE]
        connection.execute(items.delete().where(*visit, items.c.item_index.in_(part)))


def _visit(run_id: str, batch: ItemBatch) -> tuple[Any, ...]:
    place = (items.c.step_name == batch.step_name, items.c.first_attempt == batch.first_attempt)
    return (items.c.run_id == run_id, *place)


@frozen(eq=False)
class _Insert:
    """Insert as the driver gets it, and the converters of the values of its columns.

    For a group of a thousand items SQLAlchemy takes longer over its own form of them than SQLite over the insert.
    """

    text: str
    binds: Mapping[str, Callable[[Any], Any]]

    def rows(self, run_id: str, batch: ItemBatch) -> list[Any]:
        """Return the values of each item, in the order of the columns."""
        names = ("run_id", "step_name", "first_attempt")
        visit = [self._bound(*pair) for pair in zip(names, (run_id, batch.step_name, batch.first_attempt), strict=True)]
        time, value = self.binds.get("started_at", _same), self.binds.get("output", _same)
        rows, before, before_text = [], None, None
        for item in batch.items:
            begun = before_text if item.started_at is before else time(item.started_at)
            before, before_text = item.completed_at, time(item.completed_at)
            output = None if item.output is None else value(item.output)
            place = (item.item_index, item.attempt, item.status.name, begun, before_text, output)
            error = _NO_ERROR if item.error is None else self._error(item)
            rows.append((*visit, *place, *error, item.item_key))
        return rows

    def _error(self, item: ItemRecord) -> Sequence[Any]:
        from spine.storage.runs.item_columns import error_columns  # most items succeed

        return [self._bound(*pair) for pair in error_columns(item).items()]

    def _bound(self, name: str, value: Any) -> Any:
        bind = self.binds.get(name)
        return value if value is None or bind is None else bind(value)


def _same(value: Any) -> Any:
    return value


@lru_cache(maxsize=8)
def _insert_statement(dialect: Dialect) -> _Insert:
    compiled = insert(items).compile(dialect=dialect)  # the parameters are in the order of the columns
    found = {column.name: column.type.dialect_impl(dialect).bind_processor(dialect) for column in items.c}
    return _Insert(compiled.string, {name: bind for name, bind in found.items() if bind is not None})
