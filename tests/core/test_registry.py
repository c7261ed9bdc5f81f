"""Named things, each name once, in a registry of their own or in the current scope."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from spine.core.errors import ValidationError
from spine.core.registry import Registry
from spine.core.scope import Scope, current_scope, use_scope


def test_an_added_item_is_found_listed_and_removed():
    registry: Registry[int] = Registry("thing")
    registry.add("b", 2)
    assert registry.add("a", 1) == 1
    assert (registry.find("a"), registry.find("c")) == (1, None)
    assert registry.names() == ["a", "b"]
    assert (registry.remove("a"), registry.remove("a")) == (1, None)
    registry.clear()
    assert registry.entries() == {}


def test_a_name_is_given_once_unless_it_is_replaced():
    registry: Registry[object] = Registry("thing")
    first = registry.add("a", object())
    registry.add("a", first)
    with pytest.raises(ValueError, match="thing 'a' is already registered"):
        registry.add("a", object())
    second = registry.add("a", object(), replace=True)
    assert registry.find("a") is second


def test_a_name_that_breaks_the_rule_is_refused():
    with pytest.raises(ValidationError, match=r"thing name '\.\./x' is not valid"):
        Registry[int]("thing").add("../x", 1)


def test_an_unknown_name_gets_the_closest_known_one():
    registry: Registry[int] = Registry("thing")
    registry.add("finra.weekly", 1)
    assert registry.not_found("finra.weekyl") == "thing 'finra.weekyl' not found; did you mean 'finra.weekly'?"


def test_an_ambient_registry_is_replaced_by_a_scope_and_comes_back_after_it():
    registry: Registry[int] = Registry("thing", ambient=True)
    registry.add("outer", 1)
    with use_scope(Scope()):
        assert registry.names() == []
        registry.add("inner", 2)
    assert registry.names() == ["outer"]


def test_a_child_scope_sees_its_parents_things_and_may_give_their_names_anew():
    registry: Registry[int] = Registry("thing", ambient=True)
    registry.add("a", 1)
    registry.add("b", 1)
    with use_scope(Scope(parent=current_scope())):
        registry.add("a", 2)
        assert registry.entries() == {"a": 2, "b": 1}
        assert registry.remove("a") == 2
        assert registry.find("a") == 1


def test_two_ambient_registries_share_nothing():
    one, other = Registry[int]("thing", ambient=True), Registry[int]("thing", ambient=True)
    one.add("a", 1)
    assert other.names() == []


def test_of_many_threads_that_add_one_name_one_succeeds():
    registry: Registry[object] = Registry("thing")

    def add(_: int) -> bool:
        try:
            registry.add("a", object())
        except ValueError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(add, range(64))) == 1
