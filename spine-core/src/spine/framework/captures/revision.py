"""Immutable revision of a named output."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from attrs import field, frozen

from spine.core.clock import utc_now
from spine.core.errors import StorageError, ValidationError
from spine.core.hashing import canonical_json
from spine.core.ids import new_id
from spine.core.names import check_text

_LONGEST = 2_000  # characters of a partition as JSON; PostgreSQL indexes texts up to some 2,700 bytes
_SURELY_SHORT = 250


class CaptureNotFoundError(StorageError):
    """No capture has this name, partition or revision."""

    exit_code = 2


class CaptureConflictError(StorageError):
    """A partition was captured between the reading and the writing of an append or merge, which added nothing."""

    default_retryable = True

    def __init__(self, capture: Capture, current: Capture | None) -> None:
        parts = f" {capture.partition_key}" if capture.partition else ""
        what, who, cure = "is gone", "another process", "run the step again, or give it a retry_policy"
        if current is not None:
            what = f"has got revision {current.revision}"
        if current is not None and current.run_id is not None and current.run_id == capture.run_id:
            who, cure = "another item", "let the items return their rows, or give each a partition of its own"
        super().__init__(
            f"capture {capture.name!r}{parts} {what} by {who} since this step read "
            f"revision {capture.follows}, and nothing was added: {cure}"
        )


@frozen
class Capture:
    """Revision of a named output, counted from 1 for each name and partition; its data is a separate payload.

    `schema` is a list of [column name, type]; `byte_count` is the stored size of the payload; `unchanged` is true if
    the same content was captured again. `revision` and `captured_at` are provisional until the step or pipeline that
    made the capture has completed. `mode` is how it was made; `follows` is the revision whose rows it includes, 0 for
    none, until it is committed.
    """

    name: str
    partition: Mapping[str, str] = field(hash=False)
    revision: int
    content_hash: str
    schema: list[list[str]] = field(hash=False)
    row_count: int
    byte_count: int
    location: str
    domain: str | None = None
    run_id: str | None = None
    step: str | None = None
    attempt: int | None = None
    metadata: Mapping[str, Any] = field(factory=dict, hash=False)
    unchanged: bool = False
    business_date: date | None = None
    mode: str = "replace"
    follows: int | None = field(default=None, eq=False)
    captured_at: datetime = field(factory=utc_now)
    capture_id: str = field(factory=new_id)

    @property
    def partition_key(self) -> str:
        """Partition as canonical JSON text, `{}` for none."""
        return partition_key(self.partition)

    def to_dict(self) -> dict[str, Any]:
        """Return the capture as JSON values, named as the columns of `core_captures`."""
        return {
            "capture_id": self.capture_id,
            "name": self.name,
            "domain": self.domain,
            "partition_key": dict(self.partition),
            "revision": self.revision,
            "content_hash": self.content_hash,
            "schema": self.schema,
            "row_count": self.row_count,
            "byte_count": self.byte_count,
            "location": self.location,
            "run_id": self.run_id,
            "step_name": self.step,
            "attempt": self.attempt,
            "captured_at": self.captured_at.isoformat(),
            "metadata": dict(self.metadata),
            "unchanged": self.unchanged,
            "business_date": None if self.business_date is None else self.business_date.isoformat(),
            "mode": self.mode,
        }


def normalize_partition(partition: Mapping[str, Any] | None) -> dict[str, str]:
    """Return the partition with its values as texts, so that 7 and "7" are equal.

    Values are texts, numbers, booleans (`true`, `false`) or dates (ISO 8601); any other is a ValidationError.
    """
    if not isinstance(partition, Mapping | None):
        raise ValidationError(f"a partition is a mapping such as {{'week': '20251215'}}, not {partition!r:.80}")
    texts = {_key(key): check_text(_text(key, value), f"partition {key}") for key, value in (partition or {}).items()}
    if sum(len(key) + len(text) for key, text in texts.items()) > _SURELY_SHORT:
        length = len(canonical_json(texts))
        if length > _LONGEST:
            raise ValidationError(f"a partition has at most {_LONGEST:,} characters as JSON, not {length:,}")
    return texts


def partition_key(partition: Mapping[str, Any] | None) -> str:
    """Return the canonical JSON text of a partition, `{}` for none."""
    return canonical_json(normalize_partition(partition))


def _key(key: object) -> str:
    if isinstance(key, str) and key:
        return str(check_text(key, "partition key"))
    raise ValidationError(f"partition key {key!r:.80} is not a name: use a text")


def _text(key: str, value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() if value:
            return str.__str__(value)
        case date():
            return value.isoformat()
        case int():
            return str(int(value))
        case float() if math.isfinite(value):
            return repr(float(value))
        case _:
            raise ValidationError(
                f"partition value {key}={value!r:.80} is not usable: use a text, a finite number, a boolean or a date",
                field=key,
                value=value,
            )
