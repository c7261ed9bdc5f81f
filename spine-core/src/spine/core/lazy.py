"""Names of a package whose modules are imported on first use (PEP 562)."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any


def lazy_names(
    package: str, names: Mapping[str, Sequence[str]], *, otherwise: Callable[[str], Any] | None = None
) -> Callable[[str], Any]:
    """Return a module `__getattr__` for `package` that imports a name from its module; `names` lists those of each.

    Any other name is asked of `otherwise`.
    """
    modules = {name: module for module, listed in names.items() for name in listed}

    def find_attribute(name: str) -> Any:
        if name not in modules and otherwise is not None:
            return otherwise(name)
        if name not in modules:
            raise AttributeError(f"module {package!r} has no attribute {name!r}", name=name)
        found = getattr(import_module(modules[name]), name)
        setattr(sys.modules[package], name, found)  # the next access is a plain one
        return found

    return find_attribute
