"""Objects that a project declares in sections of `spine.toml`, created by name: executors, calendars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from spine.core.scope import current_scope
from spine.core.suggest import did_you_mean
from spine.plugins.catalog import current_catalog, load_class
from spine.plugins.descriptors import KINDS
from spine.plugins.errors import UnknownKindError


@frozen
class Declarations:
    """The declared names of each kind with their types, and the function that builds one; a scope holds them."""

    types: Mapping[tuple[str, str], str] = field(factory=dict)
    build: Callable[..., Any] | None = None

    def load_class(self, kind: str, name: str) -> type[Any]:
        """Return the class of `name`: that of its declared type, or of the type with that name.

        Raises the PluginError for its absence.
        """
        return load_class(kind, self.types.get((kind, name), name))

    def make(self, kind: str, name: str, /, **given: Any) -> Any:
        """Create the object declared as `name`, or one of type `name` without options; `given` are more arguments.

        Raises ConfigError for an invalid option, and PluginError as `load_class` does.
        """
        if self.build is not None and (kind, name) in self.types:
            return self.build(kind, name, **given)
        identity = {"name": name} if "name" in KINDS[kind].given_arguments else {}
        try:
            return current_catalog().make(kind, name, **identity, **given)
        except UnknownKindError as error:
            raise self._unknown(kind, name) or error from None

    def _unknown(self, kind: str, name: str) -> UnknownKindError | None:
        """Return the error for a name that is close to a declared one; None if there is none."""
        close = did_you_mean(name, [declared for of_kind, declared in self.types if of_kind == kind])
        if not close.endswith("?"):
            return None
        return UnknownKindError(f"spine.toml declares no {KINDS[kind].word} {name!r}{close}")


def declarations() -> Declarations:
    """Return the declarations of the current project, none if no project is open."""
    return current_scope().get(Declarations, Declarations)
