"""Sampling by run, and what the listener remembers."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event

import pytest
from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from spine.core.ids import new_id, trace_id_of
from spine.orchestration.events import RunEnded, RunStarted, StepStarted
from spine.orchestration.status import WorkflowStatus
from spine_observe_otel.listener import _MOST_RUNS, OtelListener
from spine_observe_otel.writer import _ByRun
from tests.http_peer import Answer
from tests.observe_otel.otlp_peer import OtlpPeer


def test_a_share_of_the_runs_is_sampled_although_their_ids_begin_with_the_time() -> None:
    sampler = _ByRun(TraceIdRatioBased(0.25))
    runs = [int(trace_id_of(new_id()), 16) for _ in range(4_000)]
    kept = [run for run in runs if sampler.should_sample(None, run, "run").decision is Decision.RECORD_AND_SAMPLE]
    assert 0.15 < len(kept) / len(runs) < 0.35
    assert all(sampler.should_sample(None, run, "step").decision.is_sampled() for run in kept)


def test_runs_that_end_elsewhere_are_forgotten_when_there_are_many(otlp: OtlpPeer) -> None:
    listener = OtelListener("traces", otlp.url)
    for number in range(_MOST_RUNS + 10):
        listener.on_event(RunStarted(run_id=f"run {number}", workflow="w"))
        listener.on_event(StepStarted(run_id=f"run {number}", step="a", attempt=1, step_type="lambda"))
    listener.on_event(RunEnded(run_id="run 0", status=WorkflowStatus.COMPLETED, workflow="w"))
    assert len(listener._runs) <= _MOST_RUNS
    listener.close()
    assert [span.name for span in otlp.spans()] == ["w"]


def write_a_span(endpoint: str) -> None:
    listener = OtelListener("traces", endpoint)
    listener.on_event(RunStarted(run_id="run 1", workflow="w"))
    listener.on_event(RunEnded(run_id="run 1", status=WorkflowStatus.COMPLETED, workflow="w"))
    listener.close()


@pytest.mark.parametrize("status", ["200 OK", "400 Bad"])
def test_a_reply_without_end_is_not_read(otlp: OtlpPeer, status: str) -> None:
    hung_up = Event()

    def flood(write: Callable[[bytes], None], closing: Event) -> None:
        write(f"HTTP/1.1 {status}\r\n\r\n".encode())
        try:
            for _ in range(1_000):
                write(bytes(1 << 16))
        except OSError:
            hung_up.set()

    otlp.peer.usual = Answer(raw=flood)
    write_a_span(otlp.url)
    assert hung_up.wait(60)


def test_a_reason_is_one_line_without_the_keys_of_the_headers(
    otlp: OtlpPeer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "api-key=hunter2secret")

    def refuse(write: Callable[[bytes], None], closing: Event) -> None:
        write(b"HTTP/1.1 400 \x1b[31mno hunter2secret\r\nContent-Length: 0\r\n\r\n")

    otlp.peer.usual = Answer(raw=refuse)
    write_a_span(otlp.url)
    assert otlp.peer.received[0].headers["api-key"] == "hunter2secret"
    assert caplog.messages[0].endswith("leaves them out: 400 no ********")


def test_a_redirect_is_not_followed(otlp: OtlpPeer) -> None:
    otlp.peer.usual = Answer(status=307, headers={"Location": f"{otlp.peer.url}/elsewhere"})
    write_a_span(otlp.url)
    assert [received.path for received in otlp.peer.received] == ["/v1/traces"]
