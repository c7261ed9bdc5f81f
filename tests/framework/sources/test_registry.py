"""Sources by name, built when they are asked for."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from time import sleep
from typing import Any

import pytest

from spine.core.errors import InvalidConfigError, SourceError
from spine.core.scope import Scope, use_scope
from spine.framework.sources import (
    BaseSource,
    SourceRegistry,
    SourceResult,
    SourceType,
    UnknownSourceError,
    register_source,
    source_registry,
)


class Rows(BaseSource):
    built = 0

    def __init__(self, name: str, rows: int = 1, source_type: SourceType = SourceType.CUSTOM) -> None:
        super().__init__(name, source_type)
        type(self).built += 1
        sleep(0.01)
        self.rows = rows

    def fetch(self, params: dict[str, Any] | None = None) -> SourceResult:
        return SourceResult.ok([{"n": n} for n in range(self.rows)], self._create_metadata(params))


@pytest.fixture
def registry() -> SourceRegistry:
    Rows.built = 0
    return SourceRegistry()


def test_a_registered_source_is_found_under_its_name(registry):
    source = Rows("a")
    registry.register(source)
    assert registry.get("a") is source
    assert registry.list_sources() == ["a"]


def test_an_unknown_source_is_an_error_that_offers_the_closest_name(registry):
    registry.register(Rows("finra.weekly"))
    with pytest.raises(UnknownSourceError, match=r"'finra.weekl' not found; did you mean 'finra.weekly'\?") as caught:
        registry.get("finra.weekl")
    assert isinstance(caught.value, SourceError)


def test_a_name_is_taken_until_it_is_replaced_or_unregistered(registry):
    registry.register(Rows("a"))
    with pytest.raises(ValueError, match="source 'a' is already registered"):
        registry.register(Rows("a"))
    with pytest.raises(ValueError, match="source 'a' is already registered"):
        registry.register_factory("a", Rows, {})
    registry.register(Rows("a", 2), replace=True)
    assert len(registry.get("a").fetch()) == 2
    assert (registry.unregister("a"), registry.unregister("a")) == (True, False)
    registry.register(Rows("a"))


def test_a_declared_source_is_built_at_the_first_get_and_once(registry):
    registry.register_factory("a", Rows, {"rows": 3})
    assert registry.list_sources() == ["a"]
    assert Rows.built == 0
    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(lambda _: registry.get("a"), range(32)))
    assert Rows.built == len(found) == 1


def test_the_type_of_a_declared_source_counts(registry):
    registry.register_factory("b", Rows, {"source_type": SourceType.HTTP})
    registry.register_factory("c", "file", {"path": "x.csv"})
    registry.register_factory("d", Rows, {}, source_type=SourceType.HTTP)
    registry.register(Rows("a", source_type=SourceType.HTTP))
    assert registry.list_by_type(SourceType.HTTP) == ["a", "b", "d"]
    assert registry.list_by_type(SourceType.FILE) == ["c"]


def test_a_declared_source_that_cannot_be_built_says_why_when_asked_for_and_is_listed_without_a_type(registry):
    def broken(name: str) -> Rows:
        raise InvalidConfigError("path", None, f"{name} has no path")

    registry.register_factory("a", broken)
    assert registry.list_sources() == ["a"]
    assert registry.list_by_type(SourceType.CUSTOM) == []
    with pytest.raises(InvalidConfigError, match="a has no path"):
        registry.get("a")


def test_a_kind_names_the_class_of_a_plugin(registry):
    registry.register_factory("a", "file", {"path": "x.csv"})
    assert registry.get("a").source_type is SourceType.FILE


def test_the_global_registry_holds_the_sources_of_the_current_scope():
    source = Rows("a")
    assert register_source(source) is source
    with use_scope(Scope()):
        assert source_registry.list_sources() == []
    assert source_registry.get("a") is source


def test_registries_made_by_hand_are_apart_from_the_global_one():
    SourceRegistry().register(Rows("a"))
    assert source_registry.list_sources() == []
