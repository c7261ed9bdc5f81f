"""Parameters of a fetch that are sent and never shown."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Self

from attrs import field, frozen

from spine.core.hashing import secret_digest
from spine.core.secrets import MASK, is_secret, names_a_secret, revealed


@frozen
class HiddenParams:
    """The parameters of a fetch, and the names of those that are secrets."""

    given: Mapping[str, Any] = field(repr=False)
    names: frozenset[str]

    @classmethod
    def of(cls, params: Mapping[str, Any], into_secrets: Collection[str] = ()) -> Self:
        """Return them for parameters of which `into_secrets` fill a place whose name says that it holds a secret."""
        names = (name for name in params if is_secret(params[name]) or names_a_secret(name) or name in into_secrets)
        return cls(params, frozenset(names))

    @property
    def texts(self) -> tuple[str, ...]:
        """The secrets themselves."""
        return tuple(str(revealed(self.given[name])) for name in sorted(self.names))

    def masked(self) -> dict[str, Any]:
        """Return the parameters with a mask in the place of each secret."""
        return {name: MASK if name in self.names else value for name, value in self.given.items()}

    def shown(self, name: str) -> Any:
        """Return a parameter as the history keeps it: the digest of a secret, so that two are two places."""
        if name not in self.names:
            return self.given.get(name)
        return f"{MASK}~{secret_digest(str(revealed(self.given[name])))}"
