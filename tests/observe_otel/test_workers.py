"""Spans of a run that workers execute: one of them is killed, and another one resumes it."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.ids import trace_id_of
from tests.executor_procrastinate.conftest import SETTINGS
from tests.observe_otel.conftest import make_shop
from tests.observe_otel.otlp_peer import OtlpPeer
from tests.projects import DEADLINE_SECONDS, wait_until

LEASE = "\n[runs]\nlease_seconds = 3\n"


@pytest.mark.slow
def test_a_run_that_two_workers_execute_is_one_trace(
    tmp_path: Path, new_postgres_database: Callable[[], str], otlp: OtlpPeer
) -> None:
    shop = make_shop(tmp_path, otlp.url)
    own = (tmp_path / "spine.toml").read_text().partition("[sources.prices]")
    shop.write("spine.toml", SETTINGS.format(url=new_postgres_database()) + LEASE + own[1] + own[2])
    assert shop.call("db", "upgrade").code == 0
    run_id = shop.call("run", "killed", "--detach", "--json").json["run_id"]
    first = shop.start("worker", "run")
    assert first.wait(DEADLINE_SECONDS) == -signal.SIGKILL
    first.communicate()
    second = shop.start("worker", "run")
    wait_until(lambda: shop.call("runs", "show", run_id, "--json").json["status"] == "COMPLETED")
    second.send_signal(signal.SIGTERM)
    said = second.communicate(timeout=DEADLINE_SECONDS)[1]
    assert second.returncode == 0, said
    spans = otlp.spans()
    [run] = [span for span in spans if span.name == "killed"]
    assert {span.trace_id for span in spans} == {trace_id_of(run_id)}
    gates = [span.attributes["spine.step.status"] for span in spans if span.name == "gate"]
    assert gates == ["cancelled", "completed"]
    assert {span.parent_id for span in spans if span is not run} == {run.span_id}
    assert run.attributes["spine.run.status"] == "completed"
