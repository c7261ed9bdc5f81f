"""Imports the project's own modules, which register its pipelines and workflows."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from spine.core.errors import ConfigError
from spine.core.scope import Scope, current_scope, use_scope
from spine.plugins.catalog import Catalog
from spine.plugins.manager import describe, foreign_code

_registrations: dict[tuple[Path, tuple[str, ...]], Scope] = {}


def import_modules(root: Path, names: Sequence[str], catalog: Catalog) -> Scope:
    """Import `names` with `root` on the path and return the scope that holds what they registered.

    A project that is opened again in the same process gets the same scope: its modules are not run twice.
    Raises ConfigError if a module does not exist or fails.
    """
    key = (root, tuple(names))
    if key not in _registrations:
        scope = Scope(parent=current_scope())
        scope.provide(Catalog, catalog)
        if str(root) not in sys.path:
            sys.path.insert(0, str(root))
        with use_scope(scope), foreign_code():
            for name in names:
                _import(root, name)
        _registrations[key] = scope
    return _registrations[key]


def _import(root: Path, name: str) -> ModuleType:
    _forget_other_project(root, name)
    place = f"module {name!r} of [spine] modules in {root / 'spine.toml'}"
    try:
        missing = importlib.util.find_spec(name) is None
    except (ImportError, ValueError):
        missing = True
    if missing:
        raise ConfigError(f"{place} does not exist: create {root / name.replace('.', '/')}.py or correct the name")
    try:
        return importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        where = f" at {error.filename}, line {error.lineno}" if isinstance(error, SyntaxError) else ""
        cause = error if isinstance(error, Exception) else None
        raise ConfigError(
            f"{place} cannot be imported: {describe(error)}{where} (--debug shows the traceback)", cause=cause
        ) from error


def _forget_other_project(root: Path, name: str) -> None:
    """Drop a cached module of that name that belongs to another project opened in this process."""
    top = name.partition(".")[0]
    module = sys.modules.get(top)
    origin = getattr(module, "__file__", None) if module else None
    others = {other_root for other_root, _ in _registrations if other_root != root}
    if origin and any(Path(origin).is_relative_to(other) for other in others):
        for cached in [key for key in sys.modules if key == top or key.startswith(f"{top}.")]:
            del sys.modules[cached]
        sys.path.remove(str(root))
        sys.path.insert(0, str(root))
        importlib.invalidate_caches()
