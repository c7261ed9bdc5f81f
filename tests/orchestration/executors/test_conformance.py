"""Core's executors pass the conformance suite for executors."""

from __future__ import annotations

import pytest

from spine.orchestration.executors.inline import InlineExecutor
from spine.orchestration.executors.processes import ProcessExecutor
from spine.orchestration.executors.threads import ThreadExecutor
from spine.testing.conformance.executor import ExecutorConformance


class TestInlineExecutor(ExecutorConformance):
    in_process = True

    def make_executor(self, max_workers):
        return InlineExecutor(max_workers)


class TestThreadExecutor(ExecutorConformance):
    in_process = True
    runs_concurrently = True

    def make_executor(self, max_workers):
        return ThreadExecutor(max_workers)


@pytest.mark.slow
class TestProcessExecutor(ExecutorConformance):
    runs_concurrently = True
    isolates_crashes = True
    keeps_limits = True

    def make_executor(self, max_workers):
        return ProcessExecutor(max_workers)
