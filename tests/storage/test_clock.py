"""The clock of a store: the server's, whatever the machine's clock says."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy

from spine.core.adapters.database import DatabaseAdapter
from spine.core.clock import SystemClock
from spine.orchestration import Step, Workflow, WorkflowRunner
from spine.storage.clock import SteadyClock, StoreClock
from spine.storage.history import History
from spine.storage.runs.store import SqlRunStore

AHEAD = timedelta(hours=6)
NEAR = timedelta(minutes=30)  # more than a test takes, less than a wrong clock


@pytest.fixture
def wrong_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + AHEAD)


@pytest.mark.usefixtures("wrong_clock", "own_scope")
def test_all_times_of_a_run_are_the_servers(new_store: Callable[[str], DatabaseAdapter]) -> None:
    store = SqlRunStore(History(new_store("postgresql")))
    numbers = Step.lambda_("numbers", lambda *_: {"found": [1]})
    doubled = Step.map("doubled", "numbers.found", function=lambda number: 2 * number)
    result = WorkflowRunner(store=store).execute(Workflow("w", [numbers, doubled], timeout=600))
    run = store.get_run(result.run_id)
    records = [run, *store.list_steps(result.run_id), *store.list_items(result.run_id, "doubled", 1)]
    times = [moment for record in records if record for moment in (record.started_at, record.completed_at)]
    assert len(times) == 8
    assert all(moment is not None and abs(moment - datetime.now(UTC)) < NEAR for moment in times)


def test_a_server_is_asked_again_after_some_seconds_only(
    monkeypatch: pytest.MonkeyPatch, new_store: Callable[[str], DatabaseAdapter]
) -> None:
    seconds: list[float] = [100.0]
    asked: list[object] = []
    monkeypatch.setattr("spine.storage.clock.time.clock_gettime", lambda _: seconds[0])

    class Server(StoreClock):
        def read(self, connection: sqlalchemy.Connection) -> datetime:
            asked.append(connection)
            return super().read(connection)

    clock = SteadyClock(Server(new_store("postgresql")))
    first = clock.now()
    seconds[0] += 4
    assert clock.now() == first + timedelta(seconds=4)
    assert len(asked) == 1
    seconds[0] += 3600  # the machine was suspended
    assert clock.now() < first + NEAR
    assert len(asked) == 2
