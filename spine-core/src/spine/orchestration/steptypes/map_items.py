"""Items of a map step, from a parameter, an output, a function or a capture."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sized
from typing import TYPE_CHECKING, Any

from attrs import asdict, field, frozen

from spine.core.errors import WorkflowError
from spine.core.jsonvalue import to_json_value
from spine.core.suggest import did_you_mean
from spine.framework.progress import expect_items
from spine.orchestration.steptypes.map_tables import TableItem

if TYPE_CHECKING:
    from spine.framework.captures.reading import CaptureData
    from spine.orchestration.context import WorkflowContext
    from spine.orchestration.definition.step import Step

_NOTHING = object()
_PLAIN = (int, str, float, bool)
_ROWS = 1000  # turned into dicts at once


@frozen
class CaptureItems:
    """Rows of the current revision of a capture; `partition` defaults to that of the run."""

    name: str
    partition: Mapping[str, Any] | None = field(default=None, hash=False)

    def read(self) -> CaptureRows:
        """Return the rows of the revision that is current now."""
        from spine.framework.captures import read_capture

        return CaptureRows(read_capture(self.name, partition=self.partition))

    def to_dict(self) -> dict[str, Any]:
        return {"capture": asdict(self)}


@frozen
class CaptureRows:
    """Rows of a capture as dicts, read batch by batch."""

    _data: CaptureData

    def __len__(self) -> int:
        return self._data.capture.row_count

    def __iter__(self) -> Iterator[dict[str, Any]]:
        for batch in self._data.batches():
            for start in range(0, batch.num_rows, _ROWS):
                yield from batch.slice(start, _ROWS).to_pylist()


@frozen
class MapItems:
    """Items of a map step; `count` is None if only the last item tells it."""

    _found: Iterable[Any]
    count: int | None
    _step_name: str
    _takes_tables: bool

    @property
    def again(self) -> Callable[[], Iterable[Any]] | None:
        """Function that returns the same items another time; None for an iterator, which cannot be read twice."""
        return None if isinstance(self._found, Iterator) else lambda: iter(self)

    @classmethod
    def of(cls, step: Step, context: WorkflowContext) -> MapItems:
        """Return the items of a step; WorkflowError, naming the step, if there are none."""
        found = _found(step, context)
        takes_tables = getattr(step.spec, "item_function", None) is not None
        count = len(found) if isinstance(found, Sized) else None
        expect_items(count)
        return cls(found, count, step.name, takes_tables)

    def __iter__(self) -> Iterator[Any]:
        """Yield the items as JSON values, or as TableItem those with Arrow tables.

        Raises ValidationError, naming the step, if JSON cannot hold one.
        """
        for index, item in enumerate(self._found):
            where = f"item {index} of step {self._step_name!r}"
            if type(item) in _PLAIN or (found := TableItem.of(item, where)) is None:
                yield to_json_value(item, where)
            else:
                self._check_body(index)
                yield found

    def _check_body(self, index: int) -> None:
        if not self._takes_tables:
            raise WorkflowError(
                f"map step {self._step_name!r}: item {index} holds a table, which only a function can take: "
                "give the pipeline or workflow the name of a capture"
            )


def _found(step: Step, context: WorkflowContext) -> Iterable[Any]:
    path: Any = step.items_path
    if isinstance(path, CaptureItems):
        return path.read()
    if callable(path):
        items, place = path(context), "the result of its items function"
    else:
        items, place = _looked_up(str(path), step, context), f"{path!r}"
    if isinstance(items, (str, bytes, Mapping)) or not isinstance(items, Iterable):
        raise WorkflowError(f"the items of map step {step.name!r} are a list; {place} is a {type(items).__name__}")
    return items


def _looked_up(path: str, step: Step, context: WorkflowContext) -> Any:
    if path in context.params:
        return context.params[path]
    first, *keys = path.split(".")
    found: Any = context.outputs.get(first, _NOTHING) if keys else _NOTHING
    for key in keys:
        found = found.get(key, _NOTHING) if isinstance(found, Mapping) else _NOTHING
    if found is _NOTHING:
        known = [*context.params, *(f"{name}.{key}" for name, output in context.outputs.items() for key in output)]
        raise WorkflowError(
            f"map step {step.name!r}: there is no parameter or output {path!r}{did_you_mean(path, known)}"
        )
    return found
