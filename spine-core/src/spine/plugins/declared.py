"""Things that a project declares in sections of `spine.toml`, made by name: executors, calendars."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from attrs import field, frozen

from spine.core.scope import current_scope
from spine.plugins.catalog import current_catalog, load_class
from spine.plugins.descriptors import KINDS


@frozen
class Declarations:
    """The declared names of each kind with their types, and what builds one of them; a scope holds it."""

    types: Mapping[tuple[str, str], str] = field(factory=dict)
    build: Callable[..., Any] | None = None

    def load_class(self, kind: str, name: str) -> type[Any]:
        """Return the class that `name` stands for: that of its declared type, or the type of that name.

        Raises the PluginError that says why there is none.
        """
        return load_class(kind, self.types.get((kind, name), name))

    def make(self, kind: str, name: str, /, **given: Any) -> Any:
        """Make what `name` declares, or a thing of the type `name` without options; `given` are further arguments.

        Raises ConfigError for a wrong option, and PluginError as `load_class` does.
        """
        if self.build is not None and (kind, name) in self.types:
            return self.build(kind, name, **given)
        identity = {"name": name} if "name" in KINDS[kind].given_arguments else {}
        return current_catalog().make(kind, name, **identity, **given)


def declarations() -> Declarations:
    """Return those of the current project, none where no project is open."""
    return current_scope().get(Declarations, Declarations)
