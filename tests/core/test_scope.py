"""Scopes: services that code finds without parameters."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from spine.core.scope import Scope, current_scope, use_scope


class Service:
    pass


def test_a_service_is_made_once_at_the_first_question() -> None:
    scope = Scope()
    assert scope.find(Service) is None
    made = scope.get(Service, Service)
    assert scope.get(Service, Service) is scope.find(Service) is made


def test_a_child_finds_its_parents_services_and_may_have_its_own() -> None:
    parent = Scope()
    child = Scope(parent)
    theirs = parent.provide(Service, Service())
    assert child.find(Service) is theirs
    ours = child.provide(Service, Service())
    assert (child.find(Service), parent.find(Service)) == (ours, theirs)


def test_a_deferred_service_is_made_at_the_first_question_only() -> None:
    calls: list[int] = []
    scope = Scope()

    def make() -> Service:
        calls.append(1)
        return Service()

    scope.defer(Service, make)
    assert calls == []
    assert scope.find(Service) is scope.find(Service)
    assert calls == [1]


def test_a_deferred_service_that_cannot_be_made_is_never_replaced_by_a_default() -> None:
    """A project whose database is out of reach must not go on with a store in memory."""
    scope = Scope()
    answers = [OSError("no database"), OSError("still none")]

    def connect() -> Service:
        if answers:
            raise answers.pop(0)
        return Service()

    scope.defer(Service, connect)
    for problem in ("no database", "still none"):
        with pytest.raises(OSError, match=problem):
            scope.get(Service, Service)
    assert scope.get(Service, Service) is scope.find(Service)


def test_the_last_of_provide_and_defer_wins() -> None:
    scope = Scope()
    scope.defer(Service, Service)
    given = scope.provide(Service, Service())
    assert scope.find(Service) is given
    later = Service()
    scope.defer(Service, lambda: later)
    assert scope.find(Service) is later


def test_leaving_the_block_restores_the_scope_before_it() -> None:
    before = current_scope()
    with use_scope(Scope()) as outer:
        with use_scope(Scope(outer)) as inner:
            assert current_scope() is inner
        assert current_scope() is outer
        with pytest.raises(RuntimeError), use_scope(Scope()):
            raise RuntimeError
        assert current_scope() is outer
    assert current_scope() is before


def _scope_of_a_new_thread() -> Scope:
    found: list[Scope] = []
    thread = Thread(target=lambda: found.append(current_scope()))
    thread.start()
    thread.join()
    return found[0]


def test_threads_started_inside_see_the_scope_only_if_it_is_process_wide(own_scope: Scope) -> None:
    with use_scope(Scope()):
        assert _scope_of_a_new_thread() is own_scope
    with use_scope(Scope(), process_wide=True) as wide:
        assert _scope_of_a_new_thread() is wide
    assert _scope_of_a_new_thread() is own_scope


def test_a_scope_of_one_thread_does_not_end_the_process_wide_one_of_another(own_scope: Scope) -> None:
    inside, opened = Event(), Event()

    def look_at_a_scope_of_its_own() -> None:
        with use_scope(Scope()):
            inside.set()
            opened.wait()

    thread = Thread(target=look_at_a_scope_of_its_own)
    thread.start()
    inside.wait()
    with use_scope(Scope(), process_wide=True) as wide:
        opened.set()
        thread.join()
        assert _scope_of_a_new_thread() is wide
    assert _scope_of_a_new_thread() is own_scope


def test_a_service_may_be_deferred_under_the_name_of_its_class() -> None:
    scope = Scope()
    scope.defer(f"{Service.__module__}:{Service.__qualname__}", Service)
    made = scope.find(Service)
    assert isinstance(made, Service)
    assert scope.find(Service) is made


def test_a_service_that_is_provided_takes_the_place_of_one_deferred_by_name() -> None:
    scope, own = Scope(), Service()
    scope.defer(f"{Service.__module__}:{Service.__qualname__}", Service)
    assert scope.provide(Service, own) is own
    assert scope.find(Service) is own
