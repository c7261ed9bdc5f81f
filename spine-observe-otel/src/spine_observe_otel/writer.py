"""Writer of spans: opentelemetry-sdk with the ids that it is given, and an exporter that never fails a run."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from threading import Thread, local
from typing import Any
from urllib.parse import urlsplit

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.http import trace_exporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.environment_variables import OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_TRACES_ENDPOINT
from opentelemetry.sdk.resources import OTELResourceDetector, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.sdk.trace.id_generator import IdGenerator
from opentelemetry.sdk.trace.sampling import Sampler, SamplingResult
from opentelemetry.trace import (
    Link,
    NonRecordingSpan,
    SpanContext,
    SpanKind,
    Status,
    StatusCode,
    TraceFlags,
    get_current_span,
    set_span_in_context,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from spine_observe_otel.session import BoundedSession
from spine_observe_otel.span import Span, SpanLink

logger = logging.getLogger("spine.listeners")

FLUSH_SECONDS = 3.0  # less than a closing project waits for its listeners
_AFTER_SECONDS = 0.5  # until an exporter that was told to end has ended
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_exporting = local()


class SpanWriter:
    """Writer of the spans of one project, sampled by run and sent in the background.

    `outer` links to the span that TRACEPARENT names, if it does.
    """

    def __init__(self, listener: str, endpoint: str | None, project: str) -> None:
        self._ids = _GivenIds()
        self._exporter = _Exporter(listener, endpoint)
        self._processor = BatchSpanProcessor(self._exporter)
        of_environment = OTELResourceDetector().detect().attributes
        provider = TracerProvider(
            sampler=_ByRun(TracerProvider(shutdown_on_exit=False).sampler),
            resource=Resource.create({"service.name": project, "spine.project": project, **of_environment}),
            id_generator=self._ids,
            shutdown_on_exit=False,
        )
        provider.add_span_processor(self._processor)
        self._tracer = provider.get_tracer("spine")
        self.outer = _outer_spans()

    def write(self, span: Span) -> None:
        """Write a span into the queue of those to send."""
        self._ids.trace_id, self._ids.span_id = int(span.trace_id, 16), int(span.span_id, 16)
        parent = Context()
        if span.parent_id is not None:
            parent = set_span_in_context(NonRecordingSpan(_context(SpanLink(span.trace_id, span.parent_id))), parent)
        written = self._tracer.start_span(
            span.name,
            parent,
            SpanKind.CLIENT if span.is_client else SpanKind.INTERNAL,
            span.attributes,
            [Link(_context(link)) for link in span.links],
            _nanoseconds(span.started_at),
        )
        for event in span.events:
            written.add_event(event.name, event.attributes, _nanoseconds(event.at))
        if span.error is not None:
            written.set_status(Status(StatusCode.ERROR, span.error))
        written.end(_nanoseconds(span.ended_at))

    def close(self) -> None:
        """Send what is left, for `FLUSH_SECONDS` at most."""
        flush = Thread(target=self._processor.force_flush, name="spine-otel-flush", daemon=True)
        flush.start()
        flush.join(FLUSH_SECONDS)
        if flush.is_alive():
            self._exporter.shutdown()
            flush.join(_AFTER_SECONDS)
            self._exporter.warn(f"no answer within {FLUSH_SECONDS:g} s")
        Thread(target=self._processor.shutdown, name="spine-otel-end", daemon=True).start()


class _GivenIds(IdGenerator):
    """Generator of the ids that were set last."""

    trace_id = span_id = 0

    def generate_span_id(self) -> int:
        return self.span_id

    def generate_trace_id(self) -> int:
        return self.trace_id


class _ByRun(Sampler):
    """Sampler that keeps all spans of a run or none, whichever process writes them.

    It shows the given one a digest of the trace id: the ids of runs begin with their time, and so are not random.
    """

    def __init__(self, given: Sampler) -> None:
        self._given = given

    def should_sample(
        self, parent_context: Context | None, trace_id: int, name: str, *others: Any, **more: Any
    ) -> SamplingResult:
        digest = int.from_bytes(sha256(trace_id.to_bytes(16, "big")).digest()[:16], "big")
        return self._given.should_sample(None, digest, name, *others, **more)

    def get_description(self) -> str:
        return self._given.get_description()


class _Exporter(SpanExporter):
    """Exporter by OTLP over HTTP that says in one warning when spans begin to get lost, in place of one for each."""

    def __init__(self, listener: str, endpoint: str | None) -> None:
        environ = os.environ
        url = endpoint or environ.get(OTEL_EXPORTER_OTLP_TRACES_ENDPOINT) or environ.get(OTEL_EXPORTER_OTLP_ENDPOINT)
        self._listener = listener
        self._receiver = _place(url or trace_exporter.DEFAULT_ENDPOINT)
        self._given = OTLPSpanExporter(endpoint=endpoint, session=BoundedSession())
        self._is_told = self._is_shut = False
        logging.getLogger(trace_exporter.__name__).addFilter(_hear)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send spans; a failure is a result."""
        if self._is_shut:
            return SpanExportResult.FAILURE
        with _heard() as reasons:
            try:
                result = self._given.export(spans)
            except Exception as error:  # noqa: BLE001 - older versions raise for a refused connection
                result = SpanExportResult.FAILURE
                reasons.insert(0, type(error).__name__)
        if result is SpanExportResult.SUCCESS:
            self._is_told = False
        else:
            self.warn(reasons[0] if reasons else "no reason given")
        return result

    def warn(self, reason: str) -> None:
        """Warn that spans get lost, once until some are sent again."""
        if not self._is_told:
            self._is_told = True
            said = "listener %r ([listeners.%s] in spine.toml) cannot send its spans to %s, and leaves them out: %s"
            logger.warning(said, self._listener, self._listener, self._receiver, reason)

    def shutdown(self) -> None:
        if not self._is_shut:
            self._is_shut = True
            self._given.shutdown()  # type: ignore[no-untyped-call]  # the library's

    def force_flush(self, timeout_millis: int = 30_000) -> bool:
        return True


@contextmanager
def _heard() -> Iterator[list[str]]:
    """Keep what the library's exporter logs in this thread from the log, and yield the reasons in it."""
    reasons: list[str] = []
    _exporting.reasons = reasons
    try:
        yield reasons
    finally:
        _exporting.reasons = None


def _hear(record: logging.LogRecord) -> bool:
    reasons = getattr(_exporting, "reasons", None)
    if reasons is None:
        return True
    found = [_fact(each) for each in (record.args if isinstance(record.args, tuple) else ()) if each != "spans"]
    reasons.append(" ".join(filter(None, found)) or record.msg)
    return False


def _fact(value: object) -> str:
    """Return an argument of a log message that says why: a status, its text, or the class of an exception."""
    if isinstance(value, BaseException):
        return type(value).__name__  # its text may hold the whole URL
    return str(value) if isinstance(value, (str, int)) else ""


def _place(url: str) -> str:
    """Return scheme, host and port of a URL, without what may be secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _outer_spans() -> list[SpanLink]:
    """Return the span of the process that started this one, as the W3C header in TRACEPARENT names it."""
    carrier = {"traceparent": os.environ.get("TRACEPARENT", "")}
    found = get_current_span(TraceContextTextMapPropagator().extract(carrier, Context())).get_span_context()
    return [SpanLink(f"{found.trace_id:032x}", f"{found.span_id:016x}")] if found.is_valid else []


def _context(link: SpanLink) -> SpanContext:
    flags = TraceFlags(TraceFlags.SAMPLED)
    return SpanContext(int(link.trace_id, 16), int(link.span_id, 16), is_remote=True, trace_flags=flags)


def _nanoseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
