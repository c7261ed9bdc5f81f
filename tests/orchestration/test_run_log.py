"""Log lines of a step are stored with the run while the step executes."""

from __future__ import annotations

import importlib
import logging
import logging.config
import logging.handlers
import multiprocessing
import os
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.engine.run_log import MAX_LINES
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.records import LogRecord
from spine.orchestration.run_store import RunStore, run_store
from tests.projects import DEADLINE_SECONDS, Project, wait_until


@pytest.mark.slow
def test_lines_are_in_the_store_before_the_step_ends(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    store, going_on = MemoryRunStore(), threading.Event()

    def load(context: Any, config: Any) -> None:
        logging.getLogger("jobs").info("half of it")
        assert going_on.wait(DEADLINE_SECONDS)
        logging.getLogger("jobs").info("all of it")

    def messages() -> list[str]:
        return [line.message for line in store.list_logs("r1")]

    workflow, context = Workflow("w", [Step.lambda_("load", load)]), WorkflowContext.create("w", run_id="r1")
    thread = threading.Thread(target=WorkflowRunner(store=store).execute, args=(workflow,), kwargs={"context": context})
    thread.start()
    wait_until(lambda: messages() == ["half of it"])
    going_on.set()
    thread.join(DEADLINE_SECONDS)
    assert messages() == ["half of it", "all of it"]


LOGGER = logging.getLogger("jobs")


def logged(*steps: Step) -> list[tuple[str | None, str]]:
    """Run the steps and return the step and the text of each line that was kept."""
    result = WorkflowRunner().execute(Workflow("w", list(steps)))
    assert result.error is None
    return [(line.step_name, line.message) for line in run_store().list_logs(result.run_id)]


def test_lines_of_threads_that_a_step_starts_are_kept_with_the_run(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def in_threads(context: Any, config: Any) -> None:
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(LOGGER.info, ["in a thread"] * 2))

    assert logged(Step.lambda_("a", in_threads)) == [(None, "in a thread")] * 2


def test_lines_of_a_condition_are_kept_with_its_step(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def wanted(context: WorkflowContext) -> bool:
        LOGGER.info("is wanted")
        return True

    assert logged(Step.lambda_("a", lambda ctx, config: None, when=wanted)) == [("a", "is wanted")]


FLOWS = """
import importlib
import logging

def timed(context, config):
    logging.getLogger("jobs").info("in a process of its own")

def item(context, n):
    logging.getLogger("jobs").info("item %d", n)
    return n
"""


@pytest.mark.slow
def test_lines_of_other_processes_are_kept_with_their_step(scratch_project: Any) -> None:
    scratch_project(flows=FLOWS)
    flows = importlib.import_module("flows")
    lines = logged(
        Step.lambda_("timed", flows.timed, timeout=DEADLINE_SECONDS),
        Step.map("items", lambda ctx: [1, 2], function=flows.item, executor="processes", max_concurrency=1),
    )
    assert lines == [("timed", "in a process of its own"), ("items", "item 1"), ("items", "item 2")]


def records(*steps: Step) -> list[tuple[str, str]]:
    """Run the steps and return the logger and the text of each line that was kept."""
    result = WorkflowRunner().execute(Workflow("w", list(steps)))
    assert result.error is None
    return [(line.logger, line.message) for line in run_store().list_logs(result.run_id)]


def messages(function: Callable[[], object]) -> list[str]:
    """Run a function as a step and return what was kept of it."""
    return [text for _, text in records(Step.lambda_("a", lambda context, config: function() and None))]


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Let a test configure the logging of this process as it likes."""
    root, disabled = logging.getLogger(), logging.root.manager.disable
    before = root.handlers[:], root.level
    loggers = [each for each in logging.root.manager.loggerDict.values() if isinstance(each, logging.Logger)]
    states = [(each, each.disabled, each.level, each.propagate, each.handlers[:]) for each in loggers]
    yield
    logging.disable(disabled)
    root.handlers[:], root.level = before
    for each, off, level, propagate, handlers in states:
        each.disabled, each.propagate, each.handlers[:] = off, propagate, handlers
        each.setLevel(level)


QUIET = {"version": 1, "root": {"level": "ERROR"}}
NOT_UP = {"version": 1, "loggers": {"jobs": {"level": "INFO", "propagate": False}}}


@pytest.mark.usefixtures("own_logging")
@pytest.mark.parametrize(
    "configure",
    [
        partial(logging.config.dictConfig, QUIET),  # which disables the loggers that exist
        partial(logging.config.dictConfig, NOT_UP),
        partial(logging.basicConfig, force=True, level=logging.ERROR),
        partial(logging.disable, logging.CRITICAL),
        logging.shutdown,
    ],
)
def test_lines_are_kept_once_whatever_a_step_configures(configure: Callable[[], object]) -> None:
    def step(context: Any, config: Any) -> None:
        LOGGER.info("before")
        configure()
        LOGGER.info("after")

    def next_step(context: Any, config: Any) -> None:
        LOGGER.info("next")

    assert messages_of(step, next_step) == ["before", "after", "next"]


def messages_of(*functions: Callable[[Any, Any], object]) -> list[str]:
    return [text for _, text in records(*(Step.lambda_(f"s{n}", each) for n, each in enumerate(functions)))]


@pytest.mark.usefixtures("own_logging")
def test_a_level_that_is_set_for_a_logger_counts_and_that_of_the_root_does_not() -> None:
    logging.getLogger().setLevel(logging.CRITICAL)
    logging.getLogger("jobs.noisy").setLevel(logging.WARNING)
    logging.getLogger("jobs.noisy.part").setLevel(logging.NOTSET)

    def step() -> None:
        LOGGER.info("kept")
        LOGGER.debug("a detail")
        logging.getLogger("jobs.noisy.part").info("noise")

    assert messages(step) == ["kept"]


@pytest.mark.usefixtures("own_logging")
def test_a_filter_of_a_logger_is_asked_once_and_counts() -> None:
    asked: list[str] = []

    def quiet(record: logging.LogRecord) -> bool:
        asked.append(record.getMessage())
        return "secret" not in record.getMessage()

    def step() -> None:
        LOGGER.addFilter(quiet)
        try:
            LOGGER.warning("secret")
            LOGGER.warning("open")
        finally:
            LOGGER.removeFilter(quiet)

    assert messages(step) == ["open"]
    assert asked == ["secret", "open"]


def test_a_run_leaves_the_logging_of_the_process_as_it_was() -> None:
    before = logging.Logger.handle, logging.Logger.isEnabledFor, sys.stdout, sys.stderr, logging.root.handlers[:]
    assert messages(lambda: LOGGER.error("a")) == ["a"]
    assert (logging.Logger.handle, logging.Logger.isEnabledFor, sys.stdout, sys.stderr, logging.root.handlers) == before


def test_what_a_step_prints_is_passed_on_and_kept(capsys: pytest.CaptureFixture[str]) -> None:
    def step(context: Any, config: Any) -> None:
        print("one")
        sys.stdout.write("tw")
        sys.stdout.write("o\n\n")
        print("10 %", end="\r")
        print("20 %", end="\r")
        print("done")
        print("wrong", file=sys.stderr)
        print("no end", end="")

    assert records(Step.lambda_("a", step), Step.lambda_("b", lambda context, config: print("next"))) == [
        ("stdout", "one"),
        ("stdout", "two"),
        ("stdout", "done"),
        ("stderr", "wrong"),
        ("stdout", "no end"),
        ("stdout", "next"),
    ]
    told = capsys.readouterr()
    assert told.out.startswith("one\ntwo\n")
    assert told.err == "wrong\n"


def test_a_step_that_closes_stdout_ends_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def step() -> None:
        sys.stdout.close()
        print("still here")

    assert messages(step) == ["still here"]
    assert capsys.readouterr().out == "still here\n"


@pytest.mark.usefixtures("own_logging")
def test_a_line_that_a_handler_prints_on_stderr_is_kept_once() -> None:
    def step() -> None:
        logging.basicConfig(force=True, level=logging.INFO)
        LOGGER.info("hello")

    assert messages(step) == ["hello"]


def test_lines_that_a_queue_brings_from_another_thread_are_kept_once(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)

    def step() -> None:
        queue: SimpleQueue[logging.LogRecord] = SimpleQueue()
        handler = logging.handlers.QueueHandler(queue)
        LOGGER.addHandler(handler)
        try:
            LOGGER.info("hello")
        finally:
            LOGGER.removeHandler(handler)
        LOGGER.handle(queue.get())

    assert messages(step) == ["hello"]


def test_lines_of_forked_children_are_kept_once_and_in_order() -> None:
    def in_child(then: Callable[[], object]) -> None:
        child = os.fork()
        if child == 0:
            LOGGER.warning("in the child")
            then()
        else:
            os.waitpid(child, 0)

    def printing() -> None:
        print("of multiprocessing", end="")

    def step(context: Any, config: Any) -> None:
        LOGGER.warning("one")
        in_child(lambda: os._exit(0))
        LOGGER.warning("two")
        process = multiprocessing.get_context("fork").Process(target=printing)
        process.start()
        process.join()
        LOGGER.warning("three")

    expected = ["one", "in the child", "two", "of multiprocessing", "three"]
    assert messages_of(step) == expected


@pytest.mark.parametrize("end", [lambda: None, lambda: sys.exit(3), lambda: 1 / 0])
def test_a_forked_child_that_returns_from_the_step_ends(end: Callable[[], object]) -> None:
    codes = []

    def step(context: Any, config: Any) -> None:
        child = os.fork()
        if child == 0:
            LOGGER.warning("in the child")
            end()
            return
        codes.append(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
        LOGGER.warning("after it")

    kept = [text for name, text in records(Step.lambda_("a", step)) if name == "jobs"]
    assert kept == ["in the child", "after it"]
    assert codes[0] in (0, 1, 3)


def test_a_limit_says_how_many_lines_it_cut_and_never_cuts_errors() -> None:
    def step(context: Any, config: Any) -> None:
        for number in range(MAX_LINES + 5):
            LOGGER.warning("line %d", number)
        LOGGER.error("an error")
        LOGGER.critical("the end")

    kept = messages_of(step, lambda context, config: LOGGER.warning("of the next step"))
    assert kept[MAX_LINES - 1 :] == [
        f"line {MAX_LINES - 1}",
        "an error",
        "the end",
        f"5 lines were cut: an attempt of a step keeps {MAX_LINES:,} lines below ERROR",
        "of the next step",
    ]


def test_lines_of_a_forked_child_that_are_cut_are_counted() -> None:
    def step() -> None:
        for number in range(MAX_LINES):
            LOGGER.warning("line %d", number)
        child = os.fork()
        if child == 0:
            LOGGER.warning("cut")
            LOGGER.error("not cut")
            os._exit(0)
        os.waitpid(child, 0)

    assert messages(step)[MAX_LINES:] == [
        "not cut",
        f"1 lines were cut: an attempt of a step keeps {MAX_LINES:,} lines below ERROR",
    ]


def test_lines_of_a_finished_step_are_committed_with_it(store: RunStore) -> None:
    seen: list[list[str]] = []

    def first(context: Any, config: Any) -> None:
        LOGGER.warning("of the first")

    def second(context: WorkflowContext, config: Any) -> None:
        seen.append([line.message for line in store.list_logs(context.run_id)])

    WorkflowRunner(store=store).execute(Workflow("w", [Step.lambda_("first", first), Step.lambda_("second", second)]))
    assert seen == [["of the first"]]


def test_lines_that_the_store_refuses_are_kept_for_the_next_try() -> None:
    class Refusing(MemoryRunStore):
        refused = 0

        def add_logs(self, records: Sequence[LogRecord]) -> None:
            self.refused += 1
            raise OSError("the disk is full")

    def step(context: Any, config: Any) -> None:
        for number in range(250):
            LOGGER.warning("line %d", number)

    store = Refusing()
    result = WorkflowRunner(store=store).execute(Workflow("w", [Step.lambda_("a", step)]))
    assert result.error is None
    assert store.refused >= 1
    assert [line.message for line in store.list_logs(result.run_id)] == [f"line {number}" for number in range(250)]


KILLED = """
import logging, os
from spine.orchestration import Step, Workflow, workflow_registry

def step(context, config):
    for number in range(250):
        logging.getLogger("jobs").info("line %d", number)
    os.kill(os.getpid(), 9)

workflow_registry.register(Workflow("w", [Step.lambda_("a", step)]))
"""


def test_a_process_that_is_killed_loses_less_than_100_lines(tmp_path: Path) -> None:
    project = Project(tmp_path)
    project.write("spine.toml", '[spine]\nname = "killed"\nmodules = ["flows"]\n')
    project.write("flows.py", KILLED)
    assert project.run("run", "w").code == -9
    lines = project.call("runs", "logs", "latest", "--json").json
    assert [line["message"] for line in lines] == [f"line {number}" for number in range(200)]
