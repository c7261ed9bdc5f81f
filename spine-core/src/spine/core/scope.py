"""The services of the current project, for code that was not passed the project.

A `Scope` holds one object for each service type: the capture store, the source registry's entries and so on. The
composition root (`spine.app`) fills one for a project; without it, code uses those of the process-wide scope, which
are in memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from threading import RLock
from typing import Any, TypeVar

T = TypeVar("T")


class Scope:
    """Services by key, each made on first use; a missing one is taken from the parent."""

    def __init__(self, parent: Scope | None = None) -> None:
        self._parent = parent
        self._services: dict[Any, Any] = {}
        self._factories: dict[Any, Callable[[], Any]] = {}
        self._lock = RLock()

    def attach(self, parent: Scope) -> None:
        """Take what is missing here from `parent` from now on; no effect if `parent` is this scope or inside of it."""
        above: Scope | None = parent
        while above is not None and above is not self:
            above = above._parent
        if above is None:
            self._parent = parent

    def provide(self, key: type[T], service: T) -> T:
        """Register `service` under `key` in this scope, and return it."""
        with self._lock:
            self._factories.pop(key, None)
            self._factories.pop(_name(key), None)  # type: ignore[arg-type]  # a class can be hashed
            self._services[key] = service
        return service

    def defer(self, key: type[T] | str, factory: Callable[[], T]) -> None:
        """Register `factory` for `key`, a class or `module:Class` if that is not imported yet.

        It is called on the first request. If it raises, that request raises, and the next one calls it again.
        """
        with self._lock:
            self._services.pop(key, None)
            self._factories[key] = factory

    def find(self, key: type[T]) -> T | None:
        """Return the service of this scope or of the nearest parent that has one."""
        scope: Scope | None = self
        while scope is not None:
            if key in scope._services or (scope._factories and scope._make(key)):
                return scope._services.get(key)
            scope = scope._parent
        return None

    def get(self, key: type[T], default: Callable[[], T]) -> T:
        """Return the service for `key`; if there is none, make this scope's own with `default`."""
        found = self.find(key)
        if found is not None:
            return found
        with self._lock:
            found = self.find(key)
            return self.provide(key, default()) if found is None else found

    def _make(self, key: Any) -> bool:
        """Make a deferred service and return whether there is one now; only one thread makes it."""
        name = _name(key)
        if key not in self._factories and name not in self._factories:
            return False
        with self._lock:
            if (factory := self._factories.get(key) or self._factories.get(name)) is not None:
                self.provide(key, factory())
            return key in self._services

    def layers(self, key: Any, default: Callable[[], T]) -> list[T]:
        """Return what this scope and each parent hold under `key`, nearest first; each makes its own on first use."""
        found: list[T] = []
        scope: Scope | None = self
        while scope is not None:
            with scope._lock:
                found.append(scope._services.setdefault(key, default()))
            scope = scope._parent
        return found


@cache
def _name(key: Any) -> str:
    return f"{key.__module__}:{key.__qualname__}"


_process_scope = Scope()
_current: ContextVar[Scope | None] = ContextVar("spine_scope", default=None)


def current_scope() -> Scope:
    """Return the scope of the project that is open here, else the process-wide one."""
    return _current.get() or _process_scope


@contextmanager
def use_scope(scope: Scope, *, process_wide: bool = False) -> Iterator[Scope]:
    """Make `scope` the current one inside the block.

    With `process_wide`, threads that the block's code starts itself see it too: context variables do not reach them.
    """
    global _process_scope
    token = _current.set(scope)
    previous = _process_scope
    if process_wide:
        _process_scope = scope
    try:
        yield scope
    finally:
        _current.reset(token)
        if process_wide:
            _process_scope = previous


class DryRunMark:
    """Mark of the scope of a dry run, whose code must store and send nothing."""


def in_dry_run() -> bool:
    """Return True in the code that a dry run calls."""
    return current_scope().find(DryRunMark) is not None
