"""Receiver of OTLP over HTTP, which reads the protobuf messages that it gets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from attrs import frozen
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from tests.http_peer import Answer, HttpPeer, http_peer


@frozen
class ReceivedSpan:
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    start: int
    end: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]
    events: tuple[str, ...]
    links: tuple[tuple[str, str], ...]
    status: int
    message: str


@frozen
class OtlpPeer:
    peer: HttpPeer

    @property
    def url(self) -> str:
        return f"{self.peer.url}/v1/traces"

    def spans(self) -> list[ReceivedSpan]:
        """Return the spans that have arrived, by their start."""
        found = [span for received in list(self.peer.received) for span in _spans(received.body)]
        return sorted(found, key=lambda span: span.start)

    def named(self, name: str) -> ReceivedSpan:
        """Return the one span of that name."""
        [span] = [span for span in self.spans() if span.name == name]
        return span


@contextmanager
def otlp_peer() -> Iterator[OtlpPeer]:
    with http_peer(Answer(body="")) as peer:
        yield OtlpPeer(peer)


def _spans(body: bytes) -> Iterator[ReceivedSpan]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    span.name,
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    span.start_time_unix_nano,
                    span.end_time_unix_nano,
                    _values(span.attributes),
                    _values(resource.resource.attributes),
                    tuple(event.name for event in span.events),
                    tuple((link.trace_id.hex(), link.span_id.hex()) for link in span.links),
                    span.status.code,
                    span.status.message,
                )


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
