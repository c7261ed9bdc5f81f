"""Fork safety: a forked child neither uses nor closes the connections of its parent."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from weakref import WeakSet


class ForkAware(ABC):
    """A holder of connections that is notified of a fork, in the child."""

    def __init__(self) -> None:
        _watched.add(self)

    @abstractmethod
    def forget_connections(self) -> object:
        """Drop every connection without closing it, and return the objects that must be kept alive."""


_watched: WeakSet[ForkAware] = WeakSet()
# closing a SQLite connection or a socket of the parent would disturb it (https://www.sqlite.org/howtocorrupt.html, 2.6)
_kept: list[object] = []


def _in_child() -> None:
    _kept.extend([thing.forget_connections() for thing in list(_watched)])


if hasattr(os, "register_at_fork"):  # not on Windows
    os.register_at_fork(after_in_child=_in_child)
