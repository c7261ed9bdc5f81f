"""Cursors of incremental sources that several runs move at once: none goes back, and what is set back stays so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from spine.core.adapters.database import DatabaseAdapter
from spine.framework.sources.state import MemorySourceStateStore, SourceState, SourceStateStore, encode
from spine.storage.history import History
from spine.storage.sources.state import SqlSourceStateStore


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def states(request: pytest.FixtureRequest, new_store: Callable[[str], DatabaseAdapter]) -> SourceStateStore:
    if request.param == "memory":
        return MemorySourceStateStore()
    return SqlSourceStateStore(History(new_store(request.param)))


def moved(value: object, since: object = None) -> SourceState:
    """Return a cursor that a run moved, which began when it was `since`."""
    return SourceState("s", encode(value), is_based=True, based_on=None if since is None else encode(since))


def value_of(states: SourceStateStore) -> object:
    found = states.get("s")
    return None if found is None else found.value["value"]


def test_the_cursor_of_the_slower_run_does_not_go_back(states: SourceStateStore) -> None:
    states.commit([moved(200)])
    states.commit([moved(100)])
    assert value_of(states) == 200


def test_the_slower_run_moves_the_cursor_on_where_it_read_more(states: SourceStateStore) -> None:
    states.commit([moved(100)])
    states.commit([moved(200)])
    assert value_of(states) == 200


def test_a_run_that_saw_the_last_value_may_set_any(states: SourceStateStore) -> None:
    states.commit([moved(100)])
    states.commit([moved(50, since=100)])
    assert value_of(states) == 50


@pytest.mark.parametrize("again", [0, 7])
def test_a_cursor_that_was_set_back_during_a_run_stays_so(again: int, states: SourceStateStore) -> None:
    states.commit([moved(100)])
    states.commit([SourceState("s", encode(again))])  # spine sources state set
    states.commit([moved(200, since=100)])
    assert value_of(states) == again


def test_a_cursor_that_was_deleted_during_a_run_stays_so(states: SourceStateStore) -> None:
    states.commit([moved(100)])
    assert states.delete("s")
    states.commit([moved(200, since=100)])
    assert value_of(states) is None


def test_values_that_cannot_be_compared_are_left_alone(
    states: SourceStateStore, caplog: pytest.LogCaptureFixture
) -> None:
    states.commit([moved("b", since=None)])
    states.commit([moved(200)])
    assert value_of(states) == "b"
    assert "the cursor of source 's' was set to b meanwhile, and stays so" in caplog.text


def test_a_step_that_fetches_twice_moves_the_cursor_to_its_last_value(states: SourceStateStore) -> None:
    states.commit([moved(100), moved(200)])
    assert value_of(states) == 200


def test_the_states_are_listed_by_name(states: SourceStateStore) -> None:
    states.commit([SourceState("readings.MUC", encode(7)), SourceState("Orders", encode("x"))])
    states.commit([SourceState("readings.BER", encode(5))])
    listed = [(state.source_name, state.value["value"]) for state in states.list_states()]
    assert listed == [("Orders", "x"), ("readings.BER", 5), ("readings.MUC", 7)]
