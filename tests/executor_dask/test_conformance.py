"""The executor passes the conformance suite, on a cluster that it starts."""

from __future__ import annotations

from spine.orchestration.executors.base import Executor
from spine.testing.conformance.executor import ExecutorConformance
from spine_executor_dask.executor import DaskExecutor


class TestDaskExecutor(ExecutorConformance):
    in_process = False  # tasks run in workers
    runs_concurrently = True
    isolates_crashes = True

    def make_executor(self, max_workers: int) -> Executor:
        return DaskExecutor(max_workers)
