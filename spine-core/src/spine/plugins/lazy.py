"""Names of core that a plugin provides: `from spine.framework.sources import FileSource` (PEP 562)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from spine.core.suggest import did_you_mean


def lazy_exports(module: str, exports: dict[str, tuple[str, str]]) -> Callable[[str], Any]:
    """Return a module `__getattr__` that finds each name of `exports` in the catalog, under its (kind, name)."""

    def find_attribute(attribute: str) -> Any:
        if attribute not in exports:
            hint = "" if attribute.startswith("_") else did_you_mean(attribute, exports)
            hint = hint if "did you mean" in hint else ""  # the other names of the module are not known here
            raise AttributeError(f"module {module!r} has no attribute {attribute!r}{hint}", name=attribute)
        return _find(attribute, *exports[attribute])

    return find_attribute


def _find(attribute: str, kind: str, name: str) -> Any:
    from spine.plugins.catalog import current_catalog  # pluggy and the metadata scan run on first use
    from spine.plugins.errors import PluginNotInstalledError
    from spine.plugins.known import KNOWN_DISTRIBUTIONS

    catalog = current_catalog()
    try:
        return catalog.load_class(kind, name)
    except PluginNotInstalledError as error:
        if catalog.claims(kind, name):  # it is installed, and needs another one that is not
            raise
        distribution = KNOWN_DISTRIBUTIONS[kind, name]
        raise PluginNotInstalledError(
            f"{attribute} is provided by {distribution!r}, which is not installed: pip install {distribution}"
        ) from error
