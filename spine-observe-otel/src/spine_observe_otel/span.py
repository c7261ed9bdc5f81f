"""Span as data, and its id, which any process derives from the run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from attrs import field, frozen

from spine.core.ids import trace_id_of

Attribute = str | int | float | bool


@frozen
class SpanLink:
    """Link to a span; ids are hexadecimal."""

    trace_id: str
    span_id: str


@frozen
class SpanEvent:
    """Event within a span."""

    name: str
    at: datetime
    attributes: Mapping[str, Attribute] = field(factory=dict)


@frozen(kw_only=True)
class Span:
    """Finished span of a run's trace; ids are hexadecimal, `error` is the text of its error status."""

    name: str
    run_id: str
    span_id: str
    parent_id: str | None = None
    started_at: datetime
    ended_at: datetime
    attributes: Mapping[str, Attribute]
    error: str | None = None
    events: Sequence[SpanEvent] = ()
    links: Sequence[SpanLink] = ()
    is_client: bool = False

    @property
    def trace_id(self) -> str:
        """Trace of the run."""
        return trace_id_of(self.run_id)


def span_id_of(run_id: str, *place: object) -> str:
    """Return the id of the span at a place in a run, such as a step and an attempt; without a place, of the run."""
    parts = "\0".join([run_id, *map(str, place)])
    return sha256(parts.encode("utf-8", "surrogatepass")).hexdigest()[:16]
