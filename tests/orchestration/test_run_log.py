"""Log lines of a step are stored with the run while the step executes."""

from __future__ import annotations

import importlib
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.memory_run_store import MemoryRunStore
from spine.orchestration.run_store import run_store
from tests.projects import DEADLINE_SECONDS, wait_until


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


def test_lines_of_other_processes_are_kept_with_their_step(scratch_project: Any) -> None:
    scratch_project(flows=FLOWS)
    flows = importlib.import_module("flows")
    lines = logged(
        Step.lambda_("timed", flows.timed, timeout=DEADLINE_SECONDS),
        Step.map("items", lambda ctx: [1, 2], function=flows.item, executor="processes", max_concurrency=1),
    )
    assert lines == [("timed", "in a process of its own"), ("items", "item 1"), ("items", "item 2")]
