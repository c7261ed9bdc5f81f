"""Log lines of a step are stored with the run while the step executes."""

from __future__ import annotations

import logging
import threading
from typing import Any

import pytest

from spine.orchestration import Step, Workflow, WorkflowContext, WorkflowRunner
from spine.orchestration.memory_run_store import MemoryRunStore
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
