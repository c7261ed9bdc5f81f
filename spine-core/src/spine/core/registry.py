"""Named objects of one kind: the base of the registries of sources, pipelines, workflows and alert channels."""

from __future__ import annotations

from threading import RLock
from typing import Generic, TypeVar

from spine.core.names import validate_name
from spine.core.scope import current_scope
from spine.core.suggest import what_there_is

T = TypeVar("T")


class Registry(Generic[T]):
    """Objects by name, each name once; thread-safe.

    An `ambient` registry keeps its entries in the current scope: it adds to the nearest one and finds what that scope
    or a parent holds, so opening a project or a test's scope replaces its contents and leaving it restores them.
    Any other registry has entries of its own. `what` is the noun in error texts.
    """

    def __init__(self, what: str, *, ambient: bool = False) -> None:
        self.what = what
        self._ambient = ambient
        self._own: dict[str, T] = {}
        self._lock = RLock()

    def add(self, name: str, thing: T, *, replace: bool = False) -> T:
        """Register `thing` and return it; a name that is taken in this scope is a ValueError.

        With `replace` the new thing takes the old one's place.
        """
        validate_name(name, f"{self.what} name")
        with self._lock:
            nearest = self._layers()[0]
            if not replace and nearest.get(name, thing) is not thing:
                raise ValueError(f"{self.what} {name!r} is already registered; pass replace=True to replace it")
            nearest[name] = thing
        return thing

    def find(self, name: str) -> T | None:
        """Return the object registered as `name`, None if there is none."""
        with self._lock:
            return next((layer[name] for layer in self._layers() if name in layer), None)

    def names(self) -> list[str]:
        """Return every name, sorted."""
        return sorted(self.entries())

    def entries(self) -> dict[str, T]:
        """Return a copy of all entries, by name."""
        with self._lock:
            return {name: thing for layer in reversed(self._layers()) for name, thing in layer.items()}

    def remove(self, name: str) -> T | None:
        """Remove the nearest entry of that name and return it, None if there was none."""
        with self._lock:
            return next((layer.pop(name) for layer in self._layers() if name in layer), None)

    def clear(self) -> None:
        """Remove all entries, also those of the surrounding scopes."""
        with self._lock:
            for layer in self._layers():
                layer.clear()

    def not_found(self, name: str) -> str:
        """Return the error text for an unknown name, with the closest known one and what lists them."""
        return f"{self.what} {name!r} not found{what_there_is(self.what, name, self.names())}"

    def _layers(self) -> list[dict[str, T]]:
        if not self._ambient:
            return [self._own]
        return current_scope().layers(self, dict)  # the instance is the key: no other registry can reach the entries
