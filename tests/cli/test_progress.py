"""A run is shown while it proceeds: lines where stderr is no terminal, rewritten in place on one."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from spine.cli.progress import Progress, items_line
from spine.orchestration.events import RunEnded, RunEvent, event_of
from spine.orchestration.status import WorkflowStatus
from tests.projects import SPINE, Project, clean_environ, wait_until

Make = Callable[..., Project]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def _shown(monkeypatch: pytest.MonkeyPatch, stream: io.StringIO, *events: RunEvent) -> str:
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress(["make", "summarize"])
    for event in events:
        progress.on_event(event)
    return stream.getvalue()


def _event(state: str, **payload: Any) -> RunEvent:
    return event_of(f"step.{state}", {"step": "make", "attempt": 1, **payload}, "run", "id", datetime.now(UTC))


def test_a_finished_step_is_one_line_with_its_duration_and_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _shown(monkeypatch, io.StringIO(), _event("started"), _event("completed", duration_ms=1234, row_count=5328))
    assert shown == "  make       completed     1.23 s  5,328 rows\n"


def test_a_failure_and_a_retry_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = _shown(
        monkeypatch,
        io.StringIO(),
        _event("retrying", duration_ms=10, error="no\x1b[31m luck\n", retry_in=2.0),
        _event("failed", duration_ms=10, error="none"),
    )
    assert shown.splitlines() == [
        "  make       retrying      0.01 s  again in 2.0 s:  no [31m luck",
        "  make       failed        0.01 s  none",
    ]


def test_notes_and_the_end_of_the_run_are_no_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    end = RunEnded(run_id="run", status=WorkflowStatus.COMPLETED, workflow="w")
    assert _shown(monkeypatch, io.StringIO(), _event("note", note="x"), end) == ""


def test_on_a_terminal_the_line_is_rewritten_and_coloured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    shown = _shown(monkeypatch, Terminal(), _event("started"), _event("completed", duration_ms=1))
    assert shown.count("\r\x1b[2K") == 2
    assert shown.count("\n") == 1
    assert "\x1b[32mcompleted" in shown


def test_no_color_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[32m" not in _shown(monkeypatch, Terminal(), _event("completed", duration_ms=1))


def test_on_a_real_terminal_the_steps_are_on_it_and_the_result_is_on_stdout(scratch_project: Make) -> None:
    project = scratch_project()
    main, child = pty.openpty()
    done = subprocess.run(
        [SPINE, "run", "numbers"],
        cwd=project.root,
        env=clean_environ(),
        stdout=subprocess.PIPE,
        stderr=child,
        text=True,
    )
    os.close(child)
    shown = os.read(main, 65536).decode()
    os.close(main)
    assert "\r\x1b[2K  make" in shown
    assert "\x1b" not in done.stdout
    assert done.stdout.startswith("numbers kind=plain: COMPLETED in ")


def test_rejected_rows_stand_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    event = _event("completed", duration_ms=10, row_count=1, reject_count=2)
    assert _shown(monkeypatch, io.StringIO(), event) == "  make       completed     0.01 s  1 row  2 rejected\n"


def test_the_items_of_a_map_are_shown_while_it_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine.cli.progress._ITEMS_SECONDS", 0.01)
    shown, row = Terminal(), {"step_name": "make", "done": 12345, "failed": 3, "total": 1_000_000}
    monkeypatch.setattr(sys, "stderr", shown)
    asked: list[str] = []

    def items(run_id: str) -> list[dict[str, Any]]:
        asked.append(run_id)
        return [{**row, "per_second": 19876.5, "seconds_left": 49.7}]

    progress = Progress(["make"], items)
    progress.on_event(_event("started", step_type="map"))
    wait_until(lambda: len(asked) > 2)
    progress.on_event(_event("completed", duration_ms=1))
    assert asked[0] == "run"
    assert "12,345 of 1,000,000 items  3 failed  19,876/s  50.00 s left" in shown.getvalue()
    assert "make" in shown.getvalue().splitlines()[-1]


def test_items_without_a_total_are_counted() -> None:
    row = {"step_name": "make", "done": 1, "failed": 0, "total": None, "per_second": 0.5, "seconds_left": None}
    assert items_line(row) == ["1 item", "0.5/s"]
