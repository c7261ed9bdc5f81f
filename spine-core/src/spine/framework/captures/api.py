"""Writing of captures in the current project."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from enum import Enum
from typing import TYPE_CHECKING, Any

from attrs import evolve

from spine.core.errors import ValidationError
from spine.core.ids import new_id
from spine.core.jsonvalue import to_json_value
from spine.core.names import check_text, validate_name
from spine.framework.captures.revision import Capture, normalize_partition, partition_key
from spine.framework.captures.selection import staged_capture
from spine.framework.captures.store import CaptureStore, capture_store
from spine.framework.contracts.guard import under_contract
from spine.framework.lineage import Direction, EdgeKind, record_edge
from spine.framework.work import staging_work

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.batches import BatchStream
    from spine.framework.captures.payloads import Payloads, StoredPayload
    from spine.framework.work import Work


class CaptureMode(str, Enum):
    """Relation of the data to the current revision."""

    REPLACE = "replace"
    APPEND = "append"
    MERGE = "merge"


@under_contract
def capture(
    name: str,
    data: Any,
    *,
    partition: Mapping[str, Any] | None = None,
    domain: str | None = None,
    metadata: Mapping[str, Any] | None = None,
    mode: CaptureMode | str = CaptureMode.REPLACE,
    key: Sequence[str] | str | None = None,
    business_date: date | None = None,
    load_ids: bool = False,
) -> Capture:
    """Write `data` as the next revision of `name` and return the capture.

    `data` is rows, an Arrow table, record batches or a reader; readers and iterators of batches are written batch by
    batch, in bounded memory. In a step or pipeline, partition and domain default to its own, and the capture becomes
    visible to others when the step completes, together with its other captures. Content equal to the current revision
    adds nothing: that revision is returned, with `unchanged=True`. The contracts of `name` check the data first.

    `mode="append"` adds the rows to those of the current revision; `mode="merge"` replaces the rows that have the same
    values in the columns of `key`, and adds the others; its data is held in memory. With `load_ids`, both write the id
    of the revision that brought a row to the column `_load_id`. `business_date` is the day that the data is about.

    Raises ContractViolationError for data that breaks a contract, ValidationError for a bad name, partition, metadata
    or data, SchemaError for a column whose type is not that of the current revision, StorageError if the payload cannot
    be written, CaptureConflictError at the end of the step if another process has captured the same partition since an
    append or merge.
    """
    validate_name(name, "capture name")
    if domain:
        check_text(domain, f"the domain of capture {name!r}")
    mode, columns = _mode(mode, key, load_ids)
    work = staging_work(f"capture {name!r} was made", CaptureStore)
    parts = normalize_partition(work.partition if partition is None and work else partition)
    details = to_json_value(metadata or {}, "metadata")
    store, capture_id = capture_store(), new_id()
    with _turn(work, mode, name, parts):
        staged = staged_capture(work, name, partition_key(parts))
        current = staged or store.find(name, partition_key(parts))
        source = _content(store.payloads, data, mode, columns, current, capture_id if load_ids else None)
        payload = _write(store.payloads, name, source)
        if current is not None and current.content_hash == payload.content_hash:
            record_edge(Direction.WRITE, EdgeKind.CAPTURE, current.capture_id, current.content_hash)
            return evolve(current, unchanged=True)
        made = Capture(
            name=name,
            partition=parts,
            revision=1 if current is None else current.revision + 1,
            content_hash=payload.content_hash,
            schema=payload.schema,
            row_count=payload.row_count,
            byte_count=payload.byte_count,
            location=payload.location,
            domain=work.domain if domain is None and work else domain,
            metadata=details,
            business_date=business_date,
            mode=mode.value,
            follows=_followed(mode, current, staged),
            capture_id=capture_id,
        )
        if work is None:
            [made] = store.commit([made])
            return made
        made = evolve(made, run_id=work.run_id, step=work.step, attempt=work.attempt)
        work.stage([made])
        record_edge(Direction.WRITE, EdgeKind.CAPTURE, made.capture_id, made.content_hash)
        return made


def list_captures(name: str | None = None, *, limit: int | None = None) -> list[Capture]:
    """Return the visible revisions of one name or of all names, by name, partition and revision.

    With `limit`, only so many of the newest.
    """
    return capture_store().list_captures(name, limit=limit)


def _mode(mode: CaptureMode | str, key: Sequence[str] | str | None, load_ids: bool) -> tuple[CaptureMode, list[str]]:
    try:
        found = CaptureMode(mode)
    except ValueError:
        known = ", ".join(known.value for known in CaptureMode)
        raise ValidationError(f"mode={mode!r:.80} is not known: use {known}", field="mode", value=mode) from None
    columns = [key] if isinstance(key, str) else list(key or [])
    if found is CaptureMode.MERGE and not columns:
        raise ValidationError("mode='merge' needs key, the columns that identify a row", field="key")
    if found is not CaptureMode.MERGE and columns:
        raise ValidationError(f"key is for mode='merge', not for {found.value!r}", field="key")
    if load_ids and found is CaptureMode.REPLACE:
        raise ValidationError(
            "load_ids are for mode='append' and 'merge': all rows of a replaced capture come from its revision",
            field="load_ids",
        )
    return found, columns


def _turn(
    work: Work | None, mode: CaptureMode, name: str, partition: Mapping[str, str]
) -> AbstractContextManager[None]:
    """Return the block in which one thread of a step at a time adds rows to a capture: each adds to those before."""
    if work is None or mode is CaptureMode.REPLACE:
        return nullcontext()
    return work.in_turn((name, partition_key(partition)))


def _followed(mode: CaptureMode, current: Capture | None, staged: Capture | None) -> int | None:
    """Return the revision whose rows the new one includes, if another process can have replaced it."""
    if mode is CaptureMode.REPLACE or staged is not None:
        return None
    return 0 if current is None else current.revision


def _content(
    payloads: Payloads,
    data: Any,
    mode: CaptureMode,
    key: Sequence[str],
    current: Capture | None,
    load_id: str | None,
) -> pa.Table | BatchStream:
    """Return the rows of the new revision, those of the current one included where the mode says so."""
    from spine.framework.captures.batches import BatchStream, table_or_stream
    from spine.framework.captures.combine import appended, checked_keys, merged, with_load_id

    source = table_or_stream(data)
    if mode is CaptureMode.MERGE and isinstance(source, BatchStream):
        source = source.read_all()
    if load_id is not None:
        source = with_load_id(source, load_id)
    if mode is CaptureMode.REPLACE or current is None:
        if key:
            checked_keys(source, key)
        return source
    base = payloads.scan(current.location)
    if key:
        return merged(base, source, key)
    return appended(base, source if isinstance(source, BatchStream) else BatchStream.of(source))


def _write(payloads: Payloads, name: str, source: pa.Table | BatchStream) -> StoredPayload:
    from spine.framework.captures.batches import BatchStream
    from spine.framework.captures.digest import content_hash
    from spine.framework.captures.payloads import StoredPayload
    from spine.framework.captures.schema_text import schema_text

    if isinstance(source, BatchStream):
        return payloads.write_batches(name, source.schema, source.batches)
    digest = content_hash(source)
    location, byte_count = payloads.write(name, digest, source)  # nothing is written if it exists
    return StoredPayload(location, byte_count, digest, source.num_rows, schema_text(source.schema))
