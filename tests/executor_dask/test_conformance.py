"""The executor passes the conformance suite, on a cluster that it starts and on one of other processes."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from spine.orchestration.executors.base import Executor
from spine.testing.conformance.executor import ExecutorConformance
from spine_executor_dask.executor import DaskExecutor
from tests.executor_dask.conftest import WORKER, DaskCluster


class TestStartedHere(ExecutorConformance):
    in_process = False  # tasks run in workers
    runs_concurrently = True
    isolates_crashes = True

    def make_executor(self, max_workers: int) -> Executor:
        return DaskExecutor(max_workers)


class TestOfAnAddress(ExecutorConformance):
    in_process = False  # tasks run in workers
    runs_concurrently = True
    isolates_crashes = True

    @pytest.fixture(autouse=True, scope="class")
    def _cluster(self, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
        cluster = DaskCluster(tmp_path_factory.mktemp("cluster"))
        request.cls.address = cluster.start(3, *WORKER)
        yield
        cluster.stop()

    def make_executor(self, max_workers: int) -> Executor:
        return DaskExecutor(max_workers, address=self.address)  # type: ignore[attr-defined]  # of the fixture
