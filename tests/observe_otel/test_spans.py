"""Spans of runs, steps, batches of items and fetches, as a receiver of OTLP gets them."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from spine.core.ids import trace_id_of
from spine.project import open_project
from tests.http_peer import Answer
from tests.observe_otel.conftest import make_shop
from tests.observe_otel.otlp_peer import OtlpPeer, ReceivedSpan, otlp_peer
from tests.projects import Project

OUTER = ("0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331")
ERROR = 2


def shown(project: Project) -> dict[str, object]:
    found: dict[str, object] = project.call("runs", "show", "latest", "--json").json
    return found


def within(inner: ReceivedSpan, outer: ReceivedSpan) -> bool:
    """Return True for a span that is within another."""
    return outer.start <= inner.start <= inner.end <= outer.end


def test_a_run_is_a_trace_of_its_steps_and_their_fetches(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "daily", "-p", "day=7").code == 0
    run, fetch_step, check, fetch = map(otlp.named, ("daily", "fetch", "check", "fetch prices"))
    assert (run.parent_id, fetch_step.parent_id, check.parent_id) == ("", run.span_id, run.span_id)
    assert fetch.parent_id == fetch_step.span_id
    assert {span.trace_id for span in otlp.spans()} == {shown(shop)["trace_id"]}
    assert within(fetch, fetch_step)
    assert within(fetch_step, run)
    assert within(check, run)
    assert run.attributes["spine.run.id"] == shown(shop)["run_id"]
    assert run.attributes["spine.workflow"] == "daily"
    assert run.attributes["spine.domain"] == "prices"
    assert run.attributes["spine.run.status"] == "completed"
    assert json.loads(run.attributes["spine.run.params"])["day"] in (7, "7")
    assert fetch_step.attributes["spine.step.type"] == "lambda"
    assert fetch.attributes["spine.fetch.record_count"] == 2
    assert run.resource["service.name"] == "shop"
    assert not any(span.status == ERROR for span in otlp.spans())


def test_a_failure_is_an_error_status_without_the_secrets_of_the_project(shop: Project, otlp: OtlpPeer) -> None:
    secret = "https://hooks.example/s3cr3t-t0ken"
    done = shop.run("run", "broken", "-p", f"note={secret}", env={"TOKEN": secret, "TOKEN_URL": secret})
    assert done.code == 1
    for name in ("broken", "fail"):
        assert (otlp.named(name).status, "no room for" in otlp.named(name).message) == (ERROR, True)
    assert secret.encode() not in b"".join(received.body for received in otlp.peer.received)


def test_items_of_a_map_are_summed_in_a_span(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "squares", "-p", "count=400").code == 0
    [step] = [span for span in otlp.spans() if span.name == "square"]
    batches = [span for span in otlp.spans() if span.name == "square items"]
    assert len(batches) < 10
    assert {batch.parent_id for batch in batches} == {step.span_id}
    assert sum(batch.attributes["spine.items.count"] for batch in batches) == 400
    assert sum(batch.attributes["spine.items.failed"] for batch in batches) == 1
    assert all(within(batch, step) for batch in batches)


@pytest.mark.slow
def test_a_fetch_in_a_process_of_an_executor_is_below_its_step(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "elsewhere", "-p", "count=3").code == 0
    step, spans = otlp.named("each"), otlp.spans()
    fetches = [span for span in spans if span.name == "fetch prices"]
    assert [span.parent_id for span in fetches] == [step.span_id] * 3
    assert {span.trace_id for span in spans} == {step.trace_id}


@pytest.mark.slow
def test_a_run_that_was_killed_and_resumed_is_one_trace(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "killed").code == -signal.SIGKILL
    assert [span.name for span in otlp.spans() if span.name == "killed"] == []
    assert shop.run("runs", "recover").code == 0
    run_id, spans = str(shown(shop)["run_id"]), otlp.spans()
    [run] = [span for span in spans if span.name == "killed"]
    gates = [span for span in spans if span.name == "gate"]
    assert [span.attributes["spine.step.status"] for span in gates] == ["cancelled", "completed"]
    assert [span.attributes["spine.step.attempt"] for span in gates] == [1, 2]
    assert {span.trace_id for span in spans} == {trace_id_of(run_id)}
    assert {span.parent_id for span in spans if span is not run} == {run.span_id}
    assert len({span.span_id for span in spans}) == len(spans)
    assert "run.resumed" in run.events
    assert all(within(span, run) for span in gates)


@pytest.mark.slow
def test_a_run_that_is_resumed_after_its_end_has_a_second_span_linked_to_the_first(
    shop: Project, otlp: OtlpPeer
) -> None:
    assert shop.run("run", "again").code == 1
    assert shop.run("runs", "resume", "latest").code == 0
    first, second = [span for span in otlp.spans() if span.name == "again"]
    assert first.trace_id == second.trace_id
    assert second.links == ((first.trace_id, first.span_id),)
    assert first.end <= second.start
    steps = [span for span in otlp.spans() if span.name == "twice"]
    assert [span.parent_id for span in steps] == [first.span_id, second.span_id]


@pytest.mark.slow
def test_a_child_run_has_a_trace_of_its_own_and_both_runs_link_to_one_another(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "parent").code == 0
    parent, child = otlp.named("parent"), otlp.named("daily")
    assert parent.trace_id != child.trace_id
    assert (parent.trace_id, parent.span_id) in child.links
    assert (child.trace_id, child.span_id) in parent.links


@pytest.mark.slow
def test_the_run_links_to_the_span_that_started_its_process(shop: Project, otlp: OtlpPeer) -> None:
    assert shop.run("run", "daily", env={"TRACEPARENT": f"00-{OUTER[0]}-{OUTER[1]}-01"}).code == 0
    assert otlp.named("daily").links == (OUTER,)
    assert shop.run("run", "again", env={"TRACEPARENT": "00-nothing-01"}).code == 1
    assert otlp.named("again").links == ()


@pytest.mark.slow
@pytest.mark.parametrize(("ratio", "expected"), [("0", 0), ("1", 4)])
def test_the_sampler_of_the_environment_keeps_all_spans_of_a_run_or_none(
    shop: Project, otlp: OtlpPeer, ratio: str, expected: int
) -> None:
    sampler = {"OTEL_TRACES_SAMPLER": "parentbased_traceidratio", "OTEL_TRACES_SAMPLER_ARG": ratio}
    assert shop.run("run", "daily", env=sampler).code == 0
    assert len(otlp.spans()) == expected


@pytest.mark.slow
def test_variables_of_opentelemetry_name_the_receiver_and_the_service(tmp_path: Path, otlp: OtlpPeer) -> None:
    shop = make_shop(tmp_path, otlp.url)
    toml = (tmp_path / "spine.toml").read_text()
    shop.write("spine.toml", toml.replace(f'endpoint = "{otlp.url}"', ""))
    environ = {
        "OTEL_EXPORTER_OTLP_ENDPOINT": otlp.peer.url,
        "OTEL_EXPORTER_OTLP_HEADERS": "authorization=Bearer%20abc",
        "OTEL_SERVICE_NAME": "prices",
    }
    assert shop.run("run", "daily", env=environ).code == 0
    assert otlp.named("daily").resource["service.name"] == "prices"
    assert otlp.peer.received[0].headers["authorization"] == "Bearer abc"


def test_runs_of_an_open_project_are_sent_when_it_closes(
    shop: Project, otlp: OtlpPeer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(shop.root)
    with open_project() as project:
        result = project.run("daily")
    assert otlp.named("daily").trace_id == trace_id_of(result.run_id)


@pytest.mark.slow
@pytest.mark.parametrize("status", [400, 401, 503])
def test_a_receiver_that_refuses_costs_a_warning(shop: Project, otlp: OtlpPeer, status: int) -> None:
    otlp.peer.usual = Answer(status)
    done = shop.run("run", "daily")
    assert done.code == 0
    assert done.err.count("cannot send its spans") == 1
    assert f"{otlp.peer.url}, and leaves them out" in done.err
    assert "Transient error" not in done.err


@pytest.mark.slow
def test_a_receiver_that_is_gone_costs_a_warning(tmp_path: Path) -> None:
    with otlp_peer() as peer:
        url = peer.url
    done = make_shop(tmp_path, url.replace("http://", "http://user:passw0rd@")).run("run", "daily")
    assert done.code == 0
    assert done.err.count("cannot send its spans") == 1
    assert "passw0rd" not in done.err


@pytest.mark.slow
def test_a_receiver_that_never_answers_costs_a_warning(shop: Project, otlp: OtlpPeer) -> None:
    otlp.peer.usual = Answer(raw=lambda write, closing: closing.wait() and None)
    done = shop.run("run", "daily")
    assert done.code == 0
    assert "no answer within 3 s" in done.err
