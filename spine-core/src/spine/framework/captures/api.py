"""API to write and read captures in the current project."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from attrs import evolve, frozen

from spine.core.errors import ValidationError
from spine.core.jsonvalue import to_json_value
from spine.core.names import check_text, validate_name
from spine.core.suggest import what_there_is
from spine.core.tables import to_rows
from spine.framework.captures.damage import DamagedCaptureError
from spine.framework.captures.revision import Capture, CaptureNotFoundError, normalize_partition, partition_key
from spine.framework.captures.store import CaptureStore, capture_store
from spine.framework.contracts.guard import under_contract
from spine.framework.lineage import Direction, EdgeKind, record_edge
from spine.framework.work import Work, current_work, staging_work

if TYPE_CHECKING:
    import pyarrow as pa

    from spine.framework.captures.payloads import Payloads, StoredPayload


@frozen
class CaptureData:
    """Capture and its data, read from the store at first use; DamagedCaptureError if the file is missing or damaged."""

    capture: Capture
    _payloads: Payloads

    @cached_property
    def table(self) -> pa.Table:
        """Data as an Arrow table."""
        try:
            return self._payloads.read(self.capture.location)
        except DamagedCaptureError as error:
            raise error.of(self.capture) from error.cause

    @cached_property
    def data(self) -> list[dict[str, Any]]:
        """Data as rows."""
        return to_rows(self.table)


@under_contract(lambda name, **options: read_capture(name, **options))
def capture(
    name: str,
    data: Any,
    *,
    partition: Mapping[str, Any] | None = None,
    domain: str | None = None,
    metadata: Mapping[str, Any] | None = None,
) -> Capture:
    """Write `data` as the next revision of `name` and return the capture.

    `data` is rows, an Arrow table, record batches or a reader; readers and iterators of batches are written batch by
    batch, in bounded memory. In a step or pipeline, partition and domain default to its own, and the capture becomes
    visible to others when the step completes, together with its other captures. Data equal to the current revision
    adds nothing: that revision is returned, with `unchanged=True`. The contracts of `name` check the data first.

    Raises ContractViolationError for data that breaks one, ValidationError for a bad name, partition, metadata or data,
    StorageError if the payload cannot be written.
    """
    validate_name(name, "capture name")
    if domain:
        check_text(domain, f"the domain of capture {name!r}")
    work = staging_work(f"capture {name!r} was made", CaptureStore)
    parts = normalize_partition(work.partition if partition is None and work else partition)
    details = to_json_value(metadata or {}, "metadata")
    store = capture_store()
    current = _current(store, work, name, partition_key(parts))
    payload = _write(store.payloads, name, data)
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
    )
    if work is None:
        [made] = store.commit([made])
        return made
    made = evolve(made, run_id=work.run_id, step=work.step, attempt=work.attempt)
    work.staged.append(made)
    record_edge(Direction.WRITE, EdgeKind.CAPTURE, made.capture_id, made.content_hash)
    return made


def read_capture(
    name: str,
    *,
    partition: Mapping[str, Any] | None = None,
    revision: int | None = None,
    as_of: datetime | None = None,
) -> CaptureData:
    """Return a capture and its data: the current revision, a numbered one, or the newest at a given time.

    Without `partition`, a step or pipeline reads its own partition if `name` was captured in it; otherwise the capture
    without a partition is read. A name that only has partitions needs `partition`; `partition={}` means the capture
    without one. A step or pipeline sees its own captures before it completes.

    Raises CaptureNotFoundError if there is none; ValidationError for `as_of` without a time zone.
    """
    if as_of is not None and as_of.tzinfo is None:
        raise ValidationError("as_of has no time zone: use datetime(..., tzinfo=UTC)", field="as_of", value=as_of)
    if revision is not None and as_of is not None:
        raise ValidationError("read_capture takes revision or as_of, not both", field="revision", value=revision)
    store, work = capture_store(), current_work()
    candidates = [normalize_partition(partition)]
    if partition is None and work is not None:
        candidates.insert(0, normalize_partition(work.partition))
    for parts in candidates:
        found = _staged(work, name, partition_key(parts), revision) if as_of is None else None
        found = found or store.find(name, partition_key(parts), revision=revision, as_of=as_of)
        if found is not None:
            record_edge(Direction.READ, EdgeKind.CAPTURE, found.capture_id, found.content_hash)
            return CaptureData(found, store.payloads)
    raise CaptureNotFoundError(_why_not_found(store, name, partition, candidates, revision, as_of))


def list_captures(name: str | None = None) -> list[Capture]:
    """Return every visible revision of one name or of all names, by name, partition and revision."""
    return capture_store().list_captures(name)


def _current(store: CaptureStore, work: Work | None, name: str, key: str) -> Capture | None:
    return _staged(work, name, key) or store.find(name, key)


def _staged(work: Work | None, name: str, key: str, revision: int | None = None) -> Capture | None:
    """Return the newest matching capture that `work` staged."""
    for staged in reversed(work.staged if work else []):
        if not isinstance(staged, Capture) or (staged.name, staged.partition_key) != (name, key):
            continue
        if revision in (None, staged.revision):
            return staged
    return None


def _write(payloads: Payloads, name: str, data: Any) -> StoredPayload:
    from spine.framework.captures.batches import BatchStream, table_or_stream
    from spine.framework.captures.digest import content_hash
    from spine.framework.captures.payloads import StoredPayload
    from spine.framework.captures.schema_text import schema_text

    source = table_or_stream(data)
    if isinstance(source, BatchStream):
        return payloads.write_batches(name, source.schema, source.batches)
    digest = content_hash(source)
    location, byte_count = payloads.write(name, digest, source)  # nothing is written if it exists
    return StoredPayload(location, byte_count, digest, source.num_rows, schema_text(source.schema))


def _why_not_found(
    store: CaptureStore,
    name: str,
    partition: Mapping[str, Any] | None,
    candidates: list[dict[str, str]],
    revision: int | None,
    as_of: datetime | None,
) -> str:
    known = store.list_captures(name)
    if not known:
        names = {other.name for other in store.list_captures()}
        return f"capture {name!r} not found{what_there_is('capture', name, names)}"
    by_key = {item.partition_key: item.partition for item in known}
    tried = [parts for parts in candidates if partition_key(parts) in by_key]
    if not tried and partition is None:
        return (
            f"capture {name!r} is kept by partition: name one, with partition= in code or -p on the command line: "
            f"{_some(by_key)}"
        )
    if not tried:
        return f"capture {name!r} has no partition {_as_options(candidates[0])}; there is {_some(by_key)}"
    revisions = [item for item in known if item.partition_key == partition_key(tried[0])]
    if as_of is not None:
        first = min(item.captured_at for item in revisions)
        return f"capture {name!r} was first made at {first.isoformat()}, after {as_of.isoformat()}"
    return f"capture {name!r} has no revision {revision}; it has 1 to {revisions[-1].revision}"


def _as_options(partition: Mapping[str, str]) -> str:
    """Return a partition as it is written on the command line: `-p from=4 -p station=FRA`."""
    return " ".join(f"-p {key}={value}" for key, value in partition.items()) or "without a key"


def _some(partitions: Mapping[str, Mapping[str, str]]) -> str:
    shown = [_as_options(parts) for _, parts in sorted(partitions.items(), reverse=True)][:5]
    more = len(partitions) - len(shown)
    return ", ".join(shown) + (f" and {more} more" if more else "")
