"""A run is shown while it proceeds: lines where stderr is no terminal, rewritten in place on one."""

from __future__ import annotations

import contextlib
import io
import os
import pty
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from typing import Any

import click
import pytest

from spine.cli.cells import width
from spine.cli.live import displayed
from spine.cli.progress import Progress, data_done, shown_progress
from spine.framework.progress import StepProgress, note_data, watched_progress
from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.events import RunEnded, RunEvent, RunStarted, StepCompleted, StepFailed, StepStarted, event_of
from spine.orchestration.status import WorkflowStatus
from spine.project import open_project
from tests.projects import SPINE, Project, clean_environ, wait_until

Make = Callable[..., Project]


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class BinaryTerminal(io.TextIOWrapper):
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


def test_states_are_coloured_on_a_terminal_unless_the_environment_forbids_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.delenv("NO_COLOR", raising=False)
    assert "\x1b[32mcompleted" in _shown(monkeypatch, Terminal(), _event("completed", duration_ms=1))
    for name, value in (("NO_COLOR", "1"), ("TERM", "dumb")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert "\x1b" not in _shown(patch, Terminal(), _event("completed", duration_ms=1))


def test_an_open_step_is_a_line_with_its_items_failures_speed_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    found = {("run", "make"): StepProgress(items=400, failed=1, total=2000)}
    progress = Progress(["make"], found)
    progress.on_event(_event("started", step_type="map"))
    with monkeypatch.context() as patch:
        began = time.monotonic()
        patch.setattr("time.monotonic", lambda: began + 10)
        [line] = progress.lines(None)
        [cut] = progress.lines(60)
    assert line == "  make  running    10 s  400 of 2,000 items (20 %)  1 failed  40/s  ETA 40 s"
    assert width(cut) <= 60
    progress.on_event(_event("completed", duration_ms=10))
    assert progress.lines(None) == []


def test_rows_and_bytes_of_an_open_step_are_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    progress = Progress([], {("run", "make"): StepProgress(doing="loaded", rows=1200, bytes=3_400_000)})
    progress.on_event(_event("started"))
    assert progress.lines(None)[0].endswith("  1,200 rows loaded  3.4 MB")


def test_a_branch_is_a_line_below_its_step_and_the_steps_of_items_end_silently(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    progress = Progress()

    def begin(run_id: str, workflow: str, parent: str | None) -> None:
        progress.on_event(RunStarted(run_id=run_id, workflow=workflow, parent_run_id=parent))

    begin("run", "w", None)
    progress.on_event(_event("started", step_type="parallel"))
    begin("left", "w.make.left", "run")
    progress.on_event(StepStarted(run_id="left", step="load", attempt=1, step_type="lambda"))
    assert [line.split()[0] for line in progress.lines(80)] == ["make", "left.load"]
    progress.on_event(StepCompleted(run_id="left", step="load", attempt=1, duration_ms=10))
    assert stream.getvalue().split() == ["left.load", "completed", "0.01", "s"]
    progress.on_event(_event("started", step_type="map"))
    progress.on_event(StepCompleted(run_id="left", step="load", attempt=1, duration_ms=10))
    assert stream.getvalue().count("\n") == 1
    progress.on_event(StepFailed(run_id="left", step="load", attempt=1, duration_ms=10, error="no"))
    assert stream.getvalue().splitlines()[-1].split() == ["left.load", "failed", "0.01", "s", "no"]


def test_a_map_counts_its_items_only_while_a_display_watches() -> None:
    def each(_context: WorkflowContext, item: int) -> int:
        return 1 // item

    step = Step.map("each", lambda _context: [0, 1, 2], function=each, tolerated_failures=1)
    with watched_progress() as found:
        result = WorkflowRunner().execute(Workflow("w", [step]))
    assert found[result.run_id, "each"] == StepProgress(items=3, failed=1, total=3)
    WorkflowRunner().execute(Workflow("w", [step]))
    assert len(found) == 1


MAPPED = """
import logging, time
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

def each(ctx, item):
    logging.getLogger("flows").warning("item %s", item)
    while item and not Path("go").exists():
        time.sleep(0.01)

workflow_registry.register(Workflow("mapped", [Step.map("each", lambda ctx: [0, 1], function=each, max_concurrency=1)]))
"""


@pytest.mark.slow
def test_on_a_real_terminal_open_steps_are_below_what_is_logged_and_the_result_is_on_stdout(
    scratch_project: Make,
) -> None:
    project = scratch_project(flows=MAPPED)
    main, child = pty.openpty()
    env = {**clean_environ(), "TERM": "xterm", "COLUMNS": "100"}
    run = subprocess.Popen(
        [SPINE, "run", "mapped"], cwd=project.root, env=env, stdout=subprocess.PIPE, stderr=child, text=True
    )
    os.close(child)
    shown = ""
    while "1 of 2 items" not in shown:
        shown += os.read(main, 65536).decode()
    project.write("go", "")
    with contextlib.suppress(OSError):  # its end
        while part := os.read(main, 65536):
            shown += part.decode()
    out, _ = run.communicate()
    os.close(main)
    assert "\x1b" not in out
    assert out.startswith("mapped: COMPLETED in ")
    ended = shown.replace("\r", "").splitlines()
    assert "WARNING: item 1" in [line.rpartition("\x1b[2K")[2] for line in ended]
    assert any("each" in line and "completed" in line and "2 items" in line for line in ended)


def test_in_a_pipe_an_open_step_is_a_line_again_and_again(
    scratch_project: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("spine.cli.live._PIPED_SECONDS", 0.01)
    project = scratch_project(flows=MAPPED)
    stream = io.StringIO()
    with contextlib.chdir(project.root), ThreadPoolExecutor(1) as thread:
        started = thread.submit(_go_when, lambda: stream.getvalue().count("1 of 2 items") > 1, project)
        monkeypatch.setattr(sys, "stderr", stream)
        with open_project(project.root) as opened, shown_progress(quiet=False) as listeners:
            opened.run("mapped", listeners=listeners)
        started.result()
    assert "\x1b" not in stream.getvalue()


def _go_when(condition: Callable[[], bool], project: Project) -> None:
    wait_until(condition)
    project.write("go", "")


def test_rejected_rows_stand_beside_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    event = _event("completed", duration_ms=10, row_count=1, reject_count=2)
    assert _shown(monkeypatch, io.StringIO(), event) == "  make       completed     0.01 s  1 row  2 rejected\n"


def test_what_a_step_captures_loads_and_writes_is_counted() -> None:
    with watched_progress() as found:
        note_data("fetched", size=100)
        note_data("loaded", rows=2)
        note_data("loaded", rows=3, size=10)
    assert found[None, None] == StepProgress(doing="loaded", rows=5, bytes=10)
    assert data_done(found[None, None], 0) == ["5 rows loaded", "10 B"]
    note_data("loaded", rows=2)
    assert found[None, None].rows == 5


def test_what_click_writes_to_stderr_is_above_the_lines_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", BinaryTerminal(io.BytesIO(), encoding="utf-8"))
    with displayed(lambda _columns: ["  a line"]) as display:
        said: list[str] = []
        monkeypatch.setattr(display, "write", said.append)
        click.echo("a warning", err=True)
    assert said == ["a warning\n"]
