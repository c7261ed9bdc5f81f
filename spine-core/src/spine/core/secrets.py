"""Values that must not show."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from spine.core.scope import current_scope

MASK = "********"
SHORTEST_MASKED = 6  # characters: a shorter text would be masked where it is no secret


class Secret:
    """A text that only `reveal()` shows; `repr`, `str` and f-strings show a mask."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        """Return the text itself."""
        return self._value

    def __repr__(self) -> str:
        return f"Secret('{MASK}')"

    def __str__(self) -> str:
        return MASK

    def __format__(self, spec: str) -> str:
        return format(MASK, spec)

    def __eq__(self, other: object) -> bool:
        return self._value == other._value if isinstance(other, Secret) else NotImplemented

    def __hash__(self) -> int:
        return hash(self._value)

    def __bool__(self) -> bool:
        return bool(self._value)

    def __copy__(self) -> Secret:
        return self

    def __deepcopy__(self, memo: object) -> Secret:
        return self

    def __reduce__(self) -> str | tuple[object, ...]:
        raise TypeError("a Secret is not pickled: address it by reference in the other process")


class SecretText(str):
    """A text that came by reference, such as `{ env = "NAME" }`: usable as it is, and not to be shown.

    Options of type Secret need none of this; it is for the text inside of others, such as one header among many.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SecretText('{MASK}')"


def as_secret(value: str | Secret) -> Secret:
    """Return a text as a Secret, and a Secret as it is."""
    return value if isinstance(value, Secret) else Secret(value)


class KnownSecrets:
    """The texts of the current project that must not show, found by `find` when they are first needed."""

    def __init__(self, find: Callable[[], Iterable[str]]) -> None:
        self._find = find
        self._texts: list[str] | None = None

    @property
    def texts(self) -> list[str]:
        """The secrets that are long enough to be masked, the longest first."""
        if self._texts is None:
            found = {text for text in self._find() if len(text) >= SHORTEST_MASKED}
            self._texts = sorted(found, key=len, reverse=True)
        return self._texts


def hide_secrets(text: str) -> str:
    """Return `text` with every secret of the current project masked that `spine.toml` gives by reference."""
    known = current_scope().find(KnownSecrets)
    for secret in known.texts if known is not None else ():
        text = text.replace(secret, MASK)
    return text
