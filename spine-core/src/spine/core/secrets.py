"""Secret values, and the names that usually hold them."""

from __future__ import annotations

import re
from typing import Any

MASK = "********"

_SECRET_PARTS = re.compile(
    r"password|passwd|passphrase|passcode|secret|token|jwt|bearer|credential|webhook|authorization|cookie|signature|"
    r"(?:access|account|api|app|auth|client|consumer|integration|license|master|private|routing|shared|storage|"
    r"subscription)key"
)
_SECRET_PARAMETERS = ("appid", "auth", "code", "key", "pwd", "sig", "xauth")


class Secret:
    """A text that only `reveal()` returns; `repr`, `str` and f-strings show a mask."""

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
    """A text that came by reference, such as `{ env = "NAME" }`: usable as a str, masked in `repr`.

    Options of type Secret do not need it; it is for a text inside another option, such as one header of many.
    """

    __slots__ = ()

    def __repr__(self) -> str:
        return f"SecretText('{MASK}')"


def is_secret(value: Any) -> bool:
    """Return whether a value was given as a secret, or by reference."""
    return isinstance(value, (Secret, SecretText))


def revealed(value: Any) -> Any:
    """Return the text of a Secret, and any other value as it is."""
    return value.reveal() if isinstance(value, Secret) else value


def names_a_secret(name: str) -> bool:
    """Return whether an option or variable of that name usually holds a credential."""
    return _SECRET_PARTS.search(_letters(name)) is not None


def names_a_secret_parameter(name: str) -> bool:
    """Return whether a header or a parameter of a URL with that name usually holds a credential."""
    return names_a_secret(name) or _letters(name) in _SECRET_PARAMETERS


def _letters(name: str) -> str:
    return re.sub(r"[^a-z]", "", name.lower())


def as_secret(value: str | Secret) -> Secret:
    """Return a text as a Secret, and a Secret as it is; TypeError for another value, which is not shown."""
    if isinstance(value, Secret):
        return value
    if not isinstance(value, str):
        raise TypeError(f"a secret is a text or a Secret, not a value of the type {type(value).__name__}")
    return Secret(value)
