"""Frozen dicts and lists: as plain ones to every reader, closed to every writer."""

from __future__ import annotations

import copy
import json
import pickle
from collections.abc import Callable
from typing import Any

import pytest

from spine.core.frozen import FrozenDict, FrozenList, freeze

DICT_CHANGES: list[Callable[[Any], Any]] = [
    lambda d: d.__setitem__("a", 2),
    lambda d: d.__delitem__("a"),
    lambda d: d.clear(),
    lambda d: d.pop("a"),
    lambda d: d.popitem(),
    lambda d: d.setdefault("b", 1),
    lambda d: d.update(b=1),
    lambda d: d.__ior__({"b": 1}),
]
LIST_CHANGES: list[Callable[[Any], Any]] = [
    lambda x: x.__setitem__(0, 2),
    lambda x: x.__delitem__(0),
    lambda x: x.__iadd__([1]),
    lambda x: x.__imul__(2),
    lambda x: x.append(1),
    lambda x: x.clear(),
    lambda x: x.extend([1]),
    lambda x: x.insert(0, 1),
    lambda x: x.pop(),
    lambda x: x.remove(1),
    lambda x: x.reverse(),
    lambda x: x.sort(),
]


@pytest.mark.parametrize("change", DICT_CHANGES)
def test_a_frozen_dict_refuses_every_change(change: Callable[[Any], Any]) -> None:
    frozen = freeze({"a": 1})
    with pytest.raises(TypeError, match="read-only"):
        change(frozen)
    assert frozen == {"a": 1}


@pytest.mark.parametrize("change", LIST_CHANGES)
def test_a_frozen_list_refuses_every_change(change: Callable[[Any], Any]) -> None:
    frozen = freeze([1])
    with pytest.raises(TypeError, match="read-only"):
        change(frozen)
    assert frozen == [1]


def test_freezing_reaches_every_level_and_leaves_the_original_alone() -> None:
    given: dict[str, Any] = {"rows": [{"a": [1]}], "pair": ({"b": 1}, [2]), "set": {1}}
    frozen = freeze(given)
    assert isinstance(frozen["rows"][0]["a"], FrozenList)
    assert isinstance(frozen["pair"][0], FrozenDict)
    assert isinstance(frozen["set"], frozenset)
    given["rows"].append(1)
    assert frozen["rows"] == [{"a": [1]}]


def test_a_frozen_value_is_not_copied() -> None:
    frozen = freeze({"a": [1]})
    assert freeze(frozen) is frozen
    assert freeze({"b": frozen})["b"] is frozen
    assert copy.deepcopy(frozen) is frozen


def test_frozen_values_compare_print_and_serialise_as_plain_ones() -> None:
    frozen = freeze({"a": [1, {"b": None}]})
    assert frozen == {"a": [1, {"b": None}]}
    assert repr(frozen) == "{'a': [1, {'b': None}]}"
    assert json.loads(json.dumps(frozen)) == frozen
    assert {**frozen} == frozen


def test_a_frozen_list_equals_a_list_or_tuple_with_the_same_items() -> None:
    frozen = freeze([1, 2])
    assert frozen == [1, 2]
    assert frozen == (1, 2)
    assert (1, 2) == frozen  # noqa: SIM300 - the tuple is asked first
    assert frozen != [1]
    assert frozen != (1, 3)
    assert frozen != {1, 2}


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, lambda value: pickle.loads(pickle.dumps(value))])
def test_a_copy_or_pickle_is_equal_and_frozen_too(again: Callable[[Any], Any]) -> None:
    found = again(freeze({"a": [1]}))
    assert found == {"a": [1]}
    assert (type(found), type(found["a"])) == (FrozenDict, FrozenList)


def test_copies_made_with_dict_and_list_may_be_changed() -> None:
    frozen = freeze({"a": [1]})
    assert {**frozen, "b": 1} == {"a": [1], "b": 1}
    assert frozen | {"b": 1} == {"a": [1], "b": 1}
    assert [*frozen["a"], 2] == [1, 2]
