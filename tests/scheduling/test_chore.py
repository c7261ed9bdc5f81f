"""Chores: done again and again, whatever they raise, until they are ended."""

from __future__ import annotations

import threading

import pytest

from spine.core.errors import DatabaseError
from spine.scheduling.chore import Chore, start_chore
from tests.projects import wait_until


def test_a_failure_is_logged_once_until_it_is_another_one(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def fail() -> None:
        calls.append(1)
        raise DatabaseError("no" if len(calls) < 4 else "other")

    ended = threading.Event()
    thread = start_chore(Chore("sweeping", 0.01, fail), ended)
    wait_until(lambda: len(calls) > 5)
    ended.set()
    thread.join()
    told = [record.getMessage() for record in caplog.records]
    assert told == [f"sweeping could not be done, and is tried again: {why}" for why in ("no", "other")]


def test_a_failure_is_logged_again_after_a_success(caplog: pytest.LogCaptureFixture) -> None:
    calls: list[int] = []

    def fail_but_once() -> None:
        calls.append(1)
        if len(calls) != 2:
            raise DatabaseError("no")

    ended = threading.Event()
    thread = start_chore(Chore("sweeping", 0.01, fail_but_once), ended)
    wait_until(lambda: len(calls) > 4)
    ended.set()
    thread.join()
    assert len(caplog.records) == 2
