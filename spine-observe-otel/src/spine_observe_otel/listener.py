"""Listener that turns committed events into spans.

Every id is derived from the run, and the end of a step or run tells how long it took: a process writes the spans of a
run that another one began.
"""

from __future__ import annotations

import json
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from attrs import define, field

from spine.core.errors import SpineError
from spine.core.ids import trace_id_of
from spine.core.kept_text import kept_text
from spine.core.plain_text import plain_text
from spine.framework.events import Event
from spine.project import current_project
from spine_observe_otel.span import Attribute, Span, SpanEvent, SpanLink, span_id_of

if TYPE_CHECKING:
    from spine_observe_otel.writer import SpanWriter

_MOST_RUNS = 1_000  # whose events are remembered; of another one, the history is asked
_MOST_EVENTS = 128  # of one run, and links to its child runs: what a span may have
_MOST_ITEMS = 1_000  # of one span
_LONGEST_BATCH = timedelta(seconds=60)
_LONGEST_TEXT = 4_000  # characters
_STEP_ENDS = ("step.completed", "step.failed", "step.retrying", "step.cancelled")
_TOLD_OF_RUN = ("run.resumed", "run.parked", "step.waiting", "step.woken")
_FAILURES = ("step.failed", "step.retrying", "run.failed", "run.crashed")


@define
class _Items:
    """Items of an attempt of a map step that are not in a span yet."""

    started_at: datetime
    completed_at: datetime
    items: int = 0
    failed: int = 0


@define
class _Run:
    """Run whose events this process sees; `span_id` is of its span, `continued_at` is set after an earlier end.

    `steps` has the type and the start of each attempt that has begun here.
    """

    span_id: str
    continued_at: datetime | None = None
    started_at: datetime | None = None
    params: Mapping[str, Any] = field(factory=dict)
    is_begun_here: bool = False
    events: list[SpanEvent] = field(factory=list)
    children: list[str] = field(factory=list)
    steps: dict[tuple[str, int], tuple[str, datetime]] = field(factory=dict)
    items: dict[tuple[str, int], _Items] = field(factory=dict)


class OtelListener:
    """Listener that writes spans and sends them in the background, by OTLP over HTTP."""

    def __init__(self, name: str, endpoint: str | None = None) -> None:
        self.name = name
        self._endpoint = endpoint
        self._runs: OrderedDict[str, _Run] = OrderedDict()
        self._started: SpanWriter | None = None

    def on_event(self, event: Event) -> None:
        """Write the span that ends with `event`, if any."""
        kind, payload = event.event_type, event.payload
        run_id = payload.get("run_id") if kind == "fetch.recorded" else getattr(event, "run_id", None)
        if not isinstance(run_id, str):  # an event of something else, or a fetch outside of a run
            return
        if kind == "fetch.recorded":
            self._write_fetch(run_id, payload)
        elif kind == "step.items":
            self._add_items(run_id, payload)
        elif kind.startswith("step."):
            self._step(run_id, event)
        elif kind.startswith("run."):
            self._run(run_id, event)

    def close(self) -> None:
        """Write what is left, and wait a few seconds at most until it is sent."""
        for run_id, run in self._runs.items():
            self._write_all_items(run_id, run)
        self._runs.clear()
        if self._started is not None:
            self._started.close()
            self._started = None

    @property
    def _writer(self) -> SpanWriter:
        if self._started is None:
            from spine_observe_otel.writer import SpanWriter  # at the first span: opentelemetry takes a while to import

            self._started = SpanWriter(self.name, self._endpoint, _project_name())
        return self._started

    def _of(self, run_id: str) -> _Run:
        """Return what is known of a run; one whose begin this process has not seen is looked up in the history."""
        run = self._runs.get(run_id)
        return self._remember(run_id, _look_up(run_id)) if run is None else run

    def _remember(self, run_id: str, run: _Run) -> _Run:
        self._runs[run_id] = run
        if len(self._runs) > _MOST_RUNS:
            self._write_all_items(*self._runs.popitem(last=False))
        return run

    def _run(self, run_id: str, event: Event) -> None:
        payload = event.payload
        if event.event_type == "run.started":
            self._remember(run_id, _Run(span_id_of(run_id), started_at=event.timestamp))
            self._begin(run_id, payload)
        elif event.event_type == "run.resumed":
            again = _look_up(run_id)  # it may have ended and begun again elsewhere
            run = self._runs.get(run_id) or self._remember(run_id, again)
            run.span_id, run.continued_at = again.span_id, again.continued_at
            run.started_at = again.continued_at or _moment(payload.get("started_at"))
            self._begin(run_id, payload)
            self._tell(run_id, event)
        elif event.event_type == "run.parked":
            self._tell(run_id, event)
        elif "duration_ms" in payload:
            self._write_run(run_id, event)

    def _begin(self, run_id: str, payload: Mapping[str, Any]) -> None:
        run = self._of(run_id)
        run.params, run.is_begun_here = payload.get("params") or {}, True
        parent_id = str(payload.get("parent_run_id"))
        if parent_id in self._runs:
            self._runs.move_to_end(parent_id)  # the oldest are forgotten
            if len(self._runs[parent_id].children) < _MOST_EVENTS:
                self._runs[parent_id].children.append(run_id)

    def _step(self, run_id: str, event: Event) -> None:
        payload, run = event.payload, self._of(run_id)
        place = (str(payload["step"]), int(payload["attempt"]))
        if event.event_type == "step.started":
            run.steps[place] = (str(payload.get("step_type") or ""), event.timestamp)
        elif event.event_type in _TOLD_OF_RUN:
            self._write_items(run_id, place)
            self._tell(run_id, event)
        elif event.event_type in _STEP_ENDS:
            self._write_items(run_id, place)
            self._write_step(run_id, place, event)

    def _tell(self, run_id: str, event: Event) -> None:
        run = self._of(run_id)
        if len(run.events) < _MOST_EVENTS:
            told = {"spine.step.name": event.payload.get("step"), "spine.wake_at": event.payload.get("wake_at")}
            run.events.append(SpanEvent(event.event_type, event.timestamp, _attributes(told)))

    def _write_run(self, run_id: str, event: Event) -> None:
        run, payload = self._of(run_id), event.payload
        self._write_all_items(run_id, run)
        del self._runs[run_id]
        parent = payload.get("parent_run_id")
        links = [SpanLink(trace_id_of(child), span_id_of(child)) for child in run.children]
        links += [SpanLink(trace_id_of(parent), span_id_of(parent))] if parent else []
        if run.continued_at is not None:
            links.append(SpanLink(trace_id_of(run_id), span_id_of(run_id)))
        elif run.is_begun_here and not parent:
            links += self._writer.outer
        status = event.event_type.removeprefix("run.")
        facts = {
            "spine.run.id": run_id,
            "spine.workflow": payload.get("workflow"),
            "spine.domain": payload.get("domain"),
            "spine.run.status": status,
            "spine.run.outcome": payload.get("outcome"),
            "spine.run.params": dict(run.params) or None,
            "spine.run.partition": dict(payload.get("partition") or {}) or None,
            "spine.run.parent_id": parent,
            "spine.run.error_step": payload.get("error_step"),
            "error.type": payload.get("error_category"),
        }
        self._writer.write(
            Span(
                name=_text(payload.get("workflow") or "run"),
                run_id=run_id,
                span_id=run.span_id,
                started_at=run.started_at or run.continued_at or _start(event),
                ended_at=event.timestamp,
                attributes=_attributes(facts),
                error=_error(event),
                events=run.events,
                links=links,
            )
        )

    def _write_step(self, run_id: str, place: tuple[str, int], event: Event) -> None:
        payload, run = event.payload, self._of(run_id)
        kind, began = run.steps.pop(place, (None, _start(event)))
        facts = {
            **_step_facts(run_id, place),
            "spine.step.type": kind,
            "spine.step.status": event.event_type.removeprefix("step."),
            "error.type": payload.get("error_category"),
            **{f"spine.step.{name}": payload.get(name) for name in ("row_count", "reject_count", "warning_count")},
            "spine.step.retry_in": payload.get("retry_in"),
        }
        self._writer.write(
            Span(
                name=_text(place[0]),
                run_id=run_id,
                span_id=span_id_of(run_id, *place),
                parent_id=run.span_id,
                started_at=began,
                ended_at=event.timestamp,
                attributes=_attributes(facts),
                error=_error(event),
            )
        )

    def _add_items(self, run_id: str, payload: Mapping[str, Any]) -> None:
        place = (str(payload["step"]), int(payload["attempt"]))
        began, ended = (_moment(payload.get(name)) for name in ("started_at", "completed_at"))
        if began is None or ended is None:
            return
        batch = self._of(run_id).items.setdefault(place, _Items(began, ended))
        batch.started_at, batch.completed_at = min(batch.started_at, began), max(batch.completed_at, ended)
        batch.items += int(payload.get("items") or 0)
        batch.failed += int(payload.get("failed") or 0)
        if batch.items >= _MOST_ITEMS or batch.completed_at - batch.started_at >= _LONGEST_BATCH:
            self._write_items(run_id, place)

    def _write_all_items(self, run_id: str, run: _Run) -> None:
        for place in list(run.items):
            self._write_items_of(run_id, place, run.items.pop(place))

    def _write_items(self, run_id: str, place: tuple[str, int]) -> None:
        batch = self._of(run_id).items.pop(place, None)
        if batch is not None:
            self._write_items_of(run_id, place, batch)

    def _write_items_of(self, run_id: str, place: tuple[str, int], batch: _Items) -> None:
        facts = {
            **_step_facts(run_id, place),
            "spine.items.count": batch.items,
            "spine.items.failed": batch.failed,
        }
        self._writer.write(
            Span(
                name=_text(f"{place[0]} items"),
                run_id=run_id,
                span_id=span_id_of(run_id, *place, "items", batch.started_at, batch.completed_at),
                parent_id=span_id_of(run_id, *place),
                started_at=batch.started_at,
                ended_at=batch.completed_at,
                attributes=_attributes(facts),
            )
        )

    def _write_fetch(self, run_id: str, payload: Mapping[str, Any]) -> None:
        began, ended = (_moment(payload.get(name)) for name in ("started_at", "completed_at"))
        if began is None or ended is None:
            return
        step, source = payload.get("step"), payload.get("source_name")
        place = (step, payload.get("attempt")) if step else ()
        facts = {
            "spine.run.id": run_id,
            "spine.step.name": step,
            "spine.source.name": source,
            "spine.fetch.locator": payload.get("source_locator"),
            "spine.fetch.status": str(payload.get("status")).lower(),
            **{f"spine.fetch.{name}": payload.get(name) for name in ("record_count", "byte_count", "content_hash")},
        }
        self._writer.write(
            Span(
                name=_text(f"fetch {source}"),
                run_id=run_id,
                span_id=span_id_of(run_id, *place, "fetch", source, payload.get("source_locator"), began, ended),
                parent_id=span_id_of(run_id, *place) if place else self._of(run_id).span_id,
                started_at=began,
                ended_at=ended,
                attributes=_attributes(facts),
                error=None if payload.get("error") is None else _text(payload["error"]),
                is_client=True,
            )
        )


def _look_up(run_id: str) -> _Run:
    """Return a run as the history knows it; a first one if it does not."""
    try:
        row = current_project().runs.find(run_id)
    except SpineError:  # no project, or its history has no such run
        return _Run(span_id_of(run_id))
    continued = (row.get("execution") or {}).get("continued")
    at = None if continued is None else datetime.fromisoformat(continued["at"])
    return _Run(span_id_of(run_id) if at is None else span_id_of(run_id, "continued", at), at)


def _project_name() -> str:
    try:
        return current_project().name
    except SpineError:
        return "spine"


def _step_facts(run_id: str, place: tuple[str, int]) -> dict[str, Any]:
    return {"spine.run.id": run_id, "spine.step.name": place[0], "spine.step.attempt": place[1]}


def _start(event: Event) -> datetime:
    """Return the start of what ends with `event`, for one that has begun in another process."""
    return event.timestamp - timedelta(milliseconds=event.payload.get("duration_ms") or 0)


def _error(event: Event) -> str | None:
    """Return the text of the error status of a span that ends with `event`, None for a span without."""
    return _text(event.payload.get("error") or "failed") if event.event_type in _FAILURES else None


def _moment(value: object) -> datetime | None:
    """Return a time of a payload; None for what is none."""
    if isinstance(value, datetime):
        return value
    return datetime.fromisoformat(value) if isinstance(value, str) and value else None


def _attributes(facts: Mapping[str, Any]) -> dict[str, Attribute]:
    return {name: _attribute(value) for name, value in facts.items() if value is not None and value != ""}


def _attribute(value: Any) -> Attribute:
    if isinstance(value, (bool, int, float)):
        return value
    if isinstance(value, (Mapping, Sequence)) and not isinstance(value, str):
        return _text(json.dumps(value, ensure_ascii=False, default=str))
    return _text(value)


def _text(value: object) -> str:
    """Return a text without known secrets, and without characters that UTF-8 does not have."""
    return plain_text(kept_text(str(value), _LONGEST_TEXT))
