"""Contracts around the call that captures data."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import wraps
from typing import TYPE_CHECKING, Any, ParamSpec

from attrs import evolve

from spine.core.errors import ValidationError
from spine.framework.captures.revision import Capture, CaptureNotFoundError, normalize_partition, partition_key
from spine.framework.contracts.registry import contract_registry
from spine.framework.contracts.result import quality_result_store
from spine.framework.rejects import quarantine
from spine.framework.work import current_work

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.contracts.inspection import Inspection
    from spine.framework.contracts.subject import Subject

P = ParamSpec("P")


def under_contract(capture: Callable[P, Capture]) -> Callable[P, Capture]:
    """Decorate `capture`: the contracts of the capture's name check the data before it is written.

    Their results are stored whether it is written or not.
    """
    signature = inspect.signature(capture)

    @wraps(capture)
    def checked(*args: P.args, **kwargs: P.kwargs) -> Capture:
        name = args[0] if args else kwargs.get("name")
        contracts = contract_registry.of(name) if isinstance(name, str) else []
        if not contracts:
            return capture(*args, **kwargs)
        from spine.framework.captures.batches import table_or_stream
        from spine.framework.contracts.inspection import Inspection  # most captures have no contract

        call = signature.bind(*args, **kwargs)
        inspection = Inspection(contracts, _subject(str(name), call.arguments))
        made: Capture | None = None
        try:
            call.arguments["data"] = inspection.of(table_or_stream(call.arguments["data"]))
            made = capture(*call.args, **call.kwargs)
        finally:
            _record(inspection, made)
        quarantine(inspection.rejects)
        return made

    return checked


def _subject(name: str, arguments: dict[str, Any]) -> Subject:
    from spine.framework.captures.reading import CaptureData
    from spine.framework.captures.selection import one_capture, staged_capture
    from spine.framework.captures.store import capture_store
    from spine.framework.contracts.subject import Subject

    work, given = current_work(), arguments.get("partition")
    partition = normalize_partition(work.partition if given is None and work else given)

    store = capture_store()

    def read(other: str, columns: Sequence[str]) -> pa.Table:
        try:
            found = one_capture(store, work, other, partition, None, None)
        except CaptureNotFoundError:
            found = one_capture(store, work, other, None, None, None)
        known = {column for column, _kind in found.schema}
        for column in columns:
            if column not in known:
                raise ValidationError(f"capture {other!r} has no column {column!r}", field=column)
        return CaptureData((found,), store.payloads, tuple(columns)).table  # no lineage: it is no input of the data

    def last() -> Capture | None:
        key = partition_key(partition)
        found = staged_capture(work, name, key) or store.find(name, key)
        if found is None:  # of another partition, such as the week before
            found = next(iter(store.list_captures(name, limit=1)), None)
        return found

    return Subject(name, partition, arguments.get("business_date"), read, last, arguments.get("mode") == "append")


def _record(inspection: Inspection, made: Capture | None) -> None:
    """Store the results at once; those of warnings also count in the events of the step."""
    work = current_work()
    results = [
        evolve(
            result,
            run_id=None if work is None else work.run_id,
            step=None if work is None else work.step,
            capture_id=None if made is None else made.capture_id,
        )
        for result in inspection.results
    ]
    if results:
        quality_result_store().record(results)
    if work is not None:
        work.stage(result for result in results if result.is_warning)
