"""Sampling by run, and what the listener remembers."""

from __future__ import annotations

from opentelemetry.sdk.trace.sampling import Decision, TraceIdRatioBased

from spine.core.ids import new_id, trace_id_of
from spine.orchestration.events import RunEnded, RunStarted, StepStarted
from spine.orchestration.status import WorkflowStatus
from spine_observe_otel.listener import _MOST_RUNS, OtelListener
from spine_observe_otel.writer import _ByRun
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
