"""What threads and processes of a step write: staged with the step, or refused."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import Barrier, BrokenBarrierError, Event, Thread
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import WorkflowError
from spine.framework.captures import capture, list_captures, read_capture
from spine.framework.dispatcher import Dispatcher
from spine.framework.pipelines import pipeline
from spine.framework.rejects import Reject, quarantine
from spine.framework.sources.state import read_state, write_state
from spine.orchestration import bound


def made(number: int) -> None:
    capture(f"made{number}", [{"n": number}])


def rejected(number: int) -> None:
    quarantine([Reject("numbers", reason="odd", raw=str(number), location="x", line_number=number)])


def remembered(number: int) -> None:
    write_state("numbers", number)


def in_threads(function: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(function, range(3)))


def test_what_bound_threads_capture_belongs_to_the_step(run: Any) -> None:
    result = run(lambda ctx, config: in_threads(bound(made)))
    assert result.error is None
    assert [(found.name, found.run_id) for found in list_captures()] == [
        (f"made{number}", result.run_id) for number in range(3)
    ]


def test_what_bound_threads_of_a_failed_step_write_is_never_visible(run: Any) -> None:
    def fails(ctx: Any, config: Any) -> None:
        in_threads(bound(made))
        in_threads(bound(remembered))
        raise ValueError("the step fails")

    run(fails)
    assert (list_captures(), read_state("numbers")) == ([], None)


@pytest.mark.parametrize("write", [made, rejected, remembered])
def test_a_thread_that_does_not_know_its_step_is_refused(run: Any, write: Callable[[int], None]) -> None:
    result = run(lambda ctx, config: in_threads(write))
    assert "in a thread that does not know its step: pass spine.orchestration.bound(function)" in str(result.error)
    assert (list_captures(), read_state("numbers")) == ([], None)


def test_threads_of_a_script_without_a_step_capture_at_once() -> None:
    thread = Thread(target=made, args=(1,))
    thread.start()
    thread.join()
    assert [found.name for found in list_captures()] == ["made1"]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_a_capture_in_a_process_that_a_step_starts_is_refused_there(run: Any, method: str) -> None:
    def step(ctx: Any, config: Any) -> None:
        # a worker inherits what another test's process does at SIGTERM, and terminate() sends it
        pool = multiprocessing.get_context(method).Pool(1, signal.signal, (signal.SIGTERM, signal.SIG_DFL))
        with pool:
            pool.map(made, [1])

    result = run(step)
    assert "capture 'made1' was made in a process that a step started: return the data to the step" in result.error
    assert list_captures() == []


def test_a_forked_child_cannot_capture(run: Any) -> None:
    def step(ctx: Any, config: Any) -> dict[str, int]:
        child = os.fork()
        if child == 0:
            made(1)
        return {"code": os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])}

    assert run(step).context.get_output("s1") == {"code": 1}
    assert list_captures() == []


@pytest.mark.parametrize("write", [made, rejected, remembered])
def test_a_thread_that_goes_on_after_its_step_is_refused(run: Any, write: Callable[[int], None]) -> None:
    is_over, errors, threads = Event(), list[Exception](), list[Thread]()

    def late() -> None:
        is_over.wait()
        try:
            write(1)
        except WorkflowError as error:
            errors.append(error)

    def step(ctx: Any, config: Any) -> None:
        threads.append(Thread(target=bound(late)))
        threads[0].start()

    assert run(step).error is None
    is_over.set()
    threads[0].join()
    assert "in a thread that goes on after the end of step 's1', and is not kept" in str(errors)


def test_a_pipeline_that_fails_in_a_thread_drops_nothing_of_the_others(run: Any) -> None:
    has_begun, has_captured = Event(), Event()

    @pipeline("good")
    def good(params: dict[str, Any]) -> None:
        has_begun.wait()
        capture("kept", [{"n": 1}])
        has_captured.set()

    @pipeline("bad")
    def bad(params: dict[str, Any]) -> None:
        has_begun.set()
        has_captured.wait()
        raise ValueError("no")

    def step(ctx: Any, config: Any) -> dict[str, list[str]]:
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(bound(Dispatcher().submit), ["good", "bad"]))
        return {"statuses": [execution.status.name for execution in done]}

    assert run(step).context.get_output("s1") == {"statuses": ["COMPLETED", "FAILED"]}
    assert [found.name for found in list_captures()] == ["kept"]


def test_threads_of_a_step_that_append_to_one_capture_lose_no_row(run: Any) -> None:
    both = Barrier(2)

    def rows(number: int) -> Iterator[pa.RecordBatch]:
        with suppress(BrokenBarrierError):  # with turns, the other thread does not come
            both.wait(0.2)
        yield pa.record_batch({"n": [number]})

    def step(ctx: Any, config: Any) -> None:
        capture("numbers", [{"n": 0}])
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(bound(lambda number: capture("numbers", rows(number), mode="append")), [1, 2]))

    assert run(step).error is None
    assert sorted(row["n"] for row in read_capture("numbers").data) == [0, 1, 2]
