"""Schedulers that run on one database: the same project in two folders is allowed where both declare the same."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import ConfigError
from spine.orchestration.lease import process_name
from spine.storage.history import History
from spine.storage.schedules.schedulers import Schedulers
from spine.storage.tables.schedules import schedulers
from spine.testing.clock import FixedClock

ELSEWHERE = "elsewhere/boot/1/1"  # a process of another machine
OTHER_DECLARATION = "is the project 'p' in the same database too, a scheduler runs there .*give one of the two another"


@pytest.fixture
def first(adapter: DatabaseAdapter, fixed_clock: FixedClock) -> Schedulers:
    found = Schedulers(History(adapter, "p"), "/srv/a", "hash")
    found.enter()
    with adapter.engine.begin() as connection:
        connection.execute(update(schedulers).values(process=ELSEWHERE))
    return found


def test_the_same_declarations_may_run_from_several_folders(first: Schedulers) -> None:
    second = Schedulers(first.history, "/srv/b", "hash")
    second.enter()
    assert [row["folder"] for row in second.living()] == ["/srv/a", "/srv/b"]
    assert second.differing() == []


def test_other_declarations_from_another_folder_are_refused_and_not_recorded(first: Schedulers) -> None:
    second = Schedulers(first.history, "/srv/b", "other")
    with pytest.raises(ConfigError, match=OTHER_DECLARATION):
        second.enter()
    with pytest.raises(ConfigError, match=OTHER_DECLARATION):
        second.require_agreement()
    assert [row["folder"] for row in second.differing()] == ["/srv/a"]
    assert [row["process"] for row in first.living()] == [ELSEWHERE]


def test_the_same_folder_of_another_machine_may_have_a_newer_version(first: Schedulers) -> None:
    Schedulers(first.history, "/srv/a", "newer").enter()
    assert len(first.living()) == 2


def test_another_project_may_declare_what_it_likes(first: Schedulers) -> None:
    other = Schedulers(History(first.history.adapter, "q"), "/srv/b", "other")
    other.enter()
    assert [row["folder"] for row in other.living()] == ["/srv/b"]


def test_a_scheduler_that_left_refuses_nothing(first: Schedulers) -> None:
    second = Schedulers(first.history, "/srv/a", "hash")
    second.enter()
    with first.history.engine.begin() as connection:
        connection.execute(schedulers.delete().where(schedulers.c.process == ELSEWHERE))
    second.leave()
    Schedulers(first.history, "/srv/b", "other").enter()
    assert [row["folder"] for row in second.living()] == ["/srv/b"]


def test_a_scheduler_of_another_machine_without_a_sign_of_life_is_taken_for_dead(
    first: Schedulers, fixed_clock: FixedClock
) -> None:
    fixed_clock.advance(59)
    second = Schedulers(first.history, "/srv/b", "other")
    with pytest.raises(ConfigError):
        second.enter()
    fixed_clock.advance(2)
    second.enter()
    assert [row["folder"] for row in second.living()] == ["/srv/b"]


def test_a_scheduler_of_this_machine_that_was_killed_is_dead_at_once(first: Schedulers) -> None:
    host = process_name().rpartition("/")[0].rpartition("/")[0]
    with first.history.engine.begin() as connection:
        connection.execute(update(schedulers).values(process=f"{host}/999999/1"))
    Schedulers(first.history, "/srv/b", "other").enter()
    assert [row["folder"] for row in first.living()] == ["/srv/b"]


def test_records_of_processes_that_died_long_ago_are_removed(first: Schedulers, fixed_clock: FixedClock) -> None:
    fixed_clock.advance(timedelta(hours=1).total_seconds())
    Schedulers(first.history, "/srv/b", "other").enter()
    assert [row["folder"] for row in first.history.adapter.query("SELECT folder FROM core_schedulers")] == ["/srv/b"]
