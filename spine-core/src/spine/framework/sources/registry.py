"""Registry of the sources of a project, by name."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any, TypeVar

from spine.core.errors import SourceError, SpineError
from spine.core.names import kind_of
from spine.core.registry import Registry
from spine.framework.sources.result import SourceType
from spine.framework.sources.source import Source
from spine.framework.work import note_source

S = TypeVar("S", bound=Source)

SourceFactory = Callable[..., Source]


class UnknownSourceError(SourceError):
    """No source of that name is registered."""

    exit_code = 2


class SourceRegistry:
    """Sources by name, some of them built at first use.

    The global `source_registry` keeps its entries in the current project; any other instance has its own.
    """

    def __init__(self, *, ambient: bool = False) -> None:
        self._entries: Registry[Source | _Declared] = Registry("source", ambient=ambient)

    def register(self, source: Source, *, replace: bool = False) -> None:
        """Register `source` under its name; ValueError if the name is taken, unless `replace`."""
        self._entries.add(source.name, source, replace=replace)

    def register_factory(
        self,
        name: str,
        source_class: SourceFactory | str,
        config: Mapping[str, Any] | None = None,
        *,
        source_type: SourceType | str | None = None,
        replace: bool = False,
    ) -> None:
        """Declare a source that the first `get` builds with `source_class(name=name, **config)`.

        `source_class` is a class, another callable, or the kind that a plugin provides, such as `"file"`.
        With `source_type`, `list_by_type` need not build a source whose class does not declare its type.
        """
        self._entries.add(name, _Declared(name, source_class, dict(config or {}), source_type), replace=replace)

    def get(self, name: str) -> Source:
        """Return the source; UnknownSourceError, with the closest known name, for an unknown one."""
        entry = self._entries.find(name)
        if entry is None:
            raise UnknownSourceError(self._entries.not_found(name))
        note_source(name)
        return entry.build() if isinstance(entry, _Declared) else entry

    def list_sources(self) -> list[str]:
        """Return the names of all sources, sorted."""
        return self._entries.names()

    def list_by_type(self, source_type: SourceType | str) -> list[str]:
        """Return the names of the sources of that type, sorted; a source that cannot be built has no type."""
        return [name for name, entry in sorted(self._entries.entries().items()) if _type_of(entry) == source_type]

    def unregister(self, name: str) -> bool:
        """Remove a source; return True if there was one."""
        return self._entries.remove(name) is not None


class _Declared:
    """Source that is built once, at first use."""

    def __init__(
        self, name: str, source_class: SourceFactory | str, config: dict[str, Any], source_type: SourceType | str | None
    ) -> None:
        self._name = name
        self._source_class = source_class
        self._config = config
        self._source_type = source_type
        self._built: Source | None = None
        self._lock = Lock()

    def build(self) -> Source:
        with self._lock:
            if self._built is None:
                self._built = self._factory()(name=self._name, **self._config)
            return self._built

    def source_type(self) -> SourceType | str | None:
        declared = self._source_type or getattr(self._source_class, "source_type", None)
        if self._source_class in {kind.value for kind in SourceType}:
            declared = declared or self._source_class
        try:
            return (
                kind_of(SourceType, declared, "source type") if isinstance(declared, str) else self.build().source_type
            )
        except SpineError:
            return None

    def _factory(self) -> SourceFactory:
        if callable(self._source_class):
            return self._source_class
        from spine.plugins.catalog import load_class  # plugins are loaded when a kind is first used

        return load_class("source", self._source_class)


def _type_of(entry: Source | _Declared) -> SourceType | str | None:
    return entry.source_type() if isinstance(entry, _Declared) else entry.source_type


source_registry = SourceRegistry(ambient=True)


def register_source(source: S) -> S:
    """Register `source` in the current project and return it."""
    source_registry.register(source)
    return source


def source(name: str) -> Source:
    """Return the source of that name in the current project; UnknownSourceError, with the closest name, without one."""
    return source_registry.get(name)
