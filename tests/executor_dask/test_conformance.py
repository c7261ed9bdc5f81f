"""The executor passes the conformance suite, on a cluster that it starts and on one of other processes."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import dask
import pytest

from spine.orchestration.executors.base import Executor
from spine.testing.conformance.executor import ExecutorConformance
from spine_executor_dask.executor import DaskExecutor
from tests.executor_dask.conftest import FORKED, WORKER, DaskCluster


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    cluster = DaskCluster(tmp_path_factory.mktemp("cluster"), environ=FORKED)
    yield cluster.start(1, *WORKER, "--nworkers", "3")
    cluster.stop()


@pytest.mark.slow
class TestStartedHere(ExecutorConformance):
    in_process = False  # tasks run in workers
    runs_concurrently = True
    isolates_crashes = True
    keeps_limits = True

    @pytest.fixture(autouse=True)
    def _workers_without_imports(self) -> Iterator[None]:
        """Fork each worker from a process that has imported Dask; tests of maps start theirs as it is by default."""
        import_module("distributed")  # which sets its defaults, and takes a second
        with dask.config.set({"distributed.worker.multiprocessing-method": "forkserver"}):
            yield

    def make_executor(self, max_workers: int) -> Executor:
        return DaskExecutor(max_workers)


@pytest.mark.slow
class TestOfAnAddress(ExecutorConformance):
    in_process = False  # tasks run in workers
    runs_concurrently = True
    isolates_crashes = True
    keeps_limits = True

    @pytest.fixture(autouse=True)
    def _of_the_cluster(self, address: str) -> None:
        self.address = address

    def make_executor(self, max_workers: int) -> Executor:
        return DaskExecutor(max_workers, address=self.address)
