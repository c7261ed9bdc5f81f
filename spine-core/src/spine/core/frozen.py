"""Immutable dicts and lists that compare, print and serialise as plain ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NoReturn


def _refuse(self: object, *_args: object, **_kwargs: object) -> NoReturn:
    raise TypeError("this value is read-only: make a changed copy with dict(...) or list(...), and return that")


class FrozenDict(dict[str, Any]):
    """A dict whose mutating methods raise TypeError."""

    __slots__ = ()
    __setitem__ = __delitem__ = clear = pop = popitem = setdefault = update = __ior__ = _refuse

    def __reduce__(self) -> tuple[type[FrozenDict], tuple[dict[str, Any]]]:
        return FrozenDict, (dict(self),)

    def __deepcopy__(self, memo: object) -> FrozenDict:
        return self


class FrozenList(list[Any]):
    """A list whose mutating methods raise TypeError."""

    __slots__ = ()
    __setitem__ = __delitem__ = __iadd__ = __imul__ = _refuse
    append = clear = extend = insert = pop = remove = reverse = sort = _refuse
    __hash__ = None  # as for any list

    def __eq__(self, other: object) -> bool:
        """Return whether `other` is a list or a tuple with the same items."""
        return list.__eq__(self, list(other)) if isinstance(other, (list, tuple)) else NotImplemented

    def __ne__(self, other: object) -> bool:
        equal = self.__eq__(other)
        return equal if equal is NotImplemented else not equal

    def __reduce__(self) -> tuple[type[FrozenList], tuple[list[Any]]]:
        return FrozenList, (list(self),)

    def __deepcopy__(self, memo: object) -> FrozenList:
        return self


def freeze(value: Any) -> Any:
    """Return `value` with every dict, list and set in it frozen; what is frozen already is returned as it is."""
    if value is None or isinstance(value, (str, int, float, FrozenDict, FrozenList)):
        return value
    if type(value) is dict or isinstance(value, Mapping):  # the first is quicker, and usual
        return FrozenDict({key: freeze(item) for key, item in value.items()})
    if isinstance(value, list):
        return FrozenList(freeze(item) for item in value)
    if type(value) is tuple:
        return tuple(freeze(item) for item in value)
    return frozenset(value) if isinstance(value, set) else value
