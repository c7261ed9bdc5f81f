"""Calls of project code: beside the caller, one at a time for each key, with a deadline."""

from __future__ import annotations

from threading import Event

import pytest

from spine.scheduling.project_call import HungCallError, ProjectCalls
from spine.testing import FixedClock
from tests.projects import no_call_is_going, wait_until


class Panic(BaseException):
    """An error of a library that is no Exception."""


def result_of(calls: ProjectCalls, function: object, token: object = "t") -> object:
    """Return the result of a call, once it is there."""
    found: list[object] = []

    def is_there() -> bool:
        found.append(calls.result("k", token, "f", function))  # type: ignore[arg-type]
        return found[-1] is not None

    wait_until(is_there)
    return found[-1]


def test_a_call_returns_its_result_or_raises_its_error() -> None:
    calls = ProjectCalls(30)
    assert result_of(calls, lambda: 7) == 7

    def panic() -> None:
        raise Panic("here")

    with pytest.raises(Panic, match="here"):
        result_of(calls, panic)


def test_a_call_beyond_its_time_fails_and_so_do_others_of_its_key_until_it_ends(fixed_clock: FixedClock) -> None:
    calls, go = ProjectCalls(30), Event()
    assert calls.result("k", "first", "f", lambda: go.wait(60)) is None
    fixed_clock.advance(29)
    assert calls.result("k", "first", "f", lambda: go.wait(60)) is None
    fixed_clock.advance(1)
    with pytest.raises(HungCallError, match=r"f did not return within 30 s \(\[scheduler\] call_seconds\)"):
        calls.result("k", "first", "f", lambda: go.wait(60))
    assert calls.hung == 1
    with pytest.raises(HungCallError, match=r"f was not called: an earlier call of it has not returned for 30 s"):
        calls.result("k", "second", "f", lambda: 2)
    assert calls.result("other", "t", "f", lambda: 3) is None
    go.set()
    wait_until(lambda: calls.hung == 0)
    assert result_of(calls, lambda: 2, "second") == 2


def test_the_result_of_an_earlier_call_is_not_that_of_a_later_one() -> None:
    calls, go = ProjectCalls(30), Event()
    assert calls.result("k", "first", "f", lambda: go.wait(60)) is None
    assert calls.result("k", "second", "f", lambda: 2) is None
    go.set()
    assert result_of(calls, lambda: 2, "second") == 2


def test_the_end_waits_for_the_calls_that_are_going_as_long_as_it_may() -> None:
    calls, go = ProjectCalls(30), Event()
    assert calls.result("a", "t", "f", lambda: go.wait(60)) is None
    calls.close(0.01)
    assert not no_call_is_going()
    go.set()
    calls.close(60)
    assert calls.result("a", "t", "f", lambda: 2) is True
    wait_until(no_call_is_going)
