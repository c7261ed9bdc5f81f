"""Calls of project code for a schedule: those of ended processes are counted until one returns."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.orchestration.lease import process_name
from spine.scheduling.record import to_record
from spine.scheduling.schedule import Schedule
from spine.storage.alerts.store import SqlAlertStore
from spine.storage.history import History
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.schedules.store import SqlScheduleStore
from spine.testing import FixedClock

HERE = process_name()
ENDED = [f"{HERE.rpartition('/')[0]}/{started}" for started in (1, 2, 3)]  # earlier processes of the same PID
ELSEWHERE = "elsewhere/boot/1/1"


@pytest.fixture(params=["sqlite", "postgresql"])
def store(
    request: pytest.FixtureRequest, new_store: Callable[[str], DatabaseAdapter], fixed_clock: FixedClock
) -> SqlScheduleStore:
    history = History(new_store(request.param), "p")
    store = SqlScheduleStore(history, SqlAlertStore(history))
    store.sync([to_record(Schedule(name="s", workflow="w", every="1h"), store.now(), declared=True)])
    return store


def begin(store: SqlScheduleStore, *processes: str) -> list[int]:
    schedule = store.get("s").id
    return [store.begin_call(schedule, process) for process in processes]


def test_processes_that_ended_in_a_call_are_counted_and_living_ones_are_not(store: SqlScheduleStore) -> None:
    assert begin(store, *ENDED, HERE, HERE) == [0, 1, 2, 3, 3]
    assert begin(store, ENDED[0]) == [2]


def test_a_call_that_returns_ends_the_count_for_all_processes(store: SqlScheduleStore) -> None:
    begin(store, *ENDED)
    store.end_calls(store.get("s").id)
    assert begin(store, HERE) == [0]


def test_resuming_the_schedule_ends_the_count(store: SqlScheduleStore) -> None:
    begin(store, *ENDED)
    store.resume("s", None)
    assert begin(store, HERE) == [0]


def test_the_count_is_of_one_day(store: SqlScheduleStore, fixed_clock: FixedClock) -> None:
    begin(store, *ENDED)
    fixed_clock.advance(86_401)
    assert begin(store, HERE) == [0]


def test_a_process_of_another_machine_that_is_silent_counts_as_ended(
    store: SqlScheduleStore, fixed_clock: FixedClock
) -> None:
    assert begin(store, ELSEWHERE, HERE) == [0, 0]
    fixed_clock.advance(601)
    assert begin(store, HERE) == [1]


def test_a_scheduler_that_is_stopped_during_a_call_does_not_count(store: SqlScheduleStore) -> None:
    begin(store, HERE)
    Schedulers(store._history, "/srv/a", "hash").leave()
    assert begin(store, ENDED[0]) == [0]
    assert begin(store, ENDED[1]) == [1]
