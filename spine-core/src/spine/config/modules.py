"""Import of the project's own modules, which register its pipelines and workflows."""

from __future__ import annotations

import importlib
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import define, field

from spine.config.faults import Faults
from spine.core.errors import ConfigError
from spine.core.scope import Scope, current_scope, use_scope
from spine.plugins.manager import describe, foreign_code


@define
class _Imported:
    """The modules of one project: the scopes they registered in, and the modules set aside while another is open.

    `earlier` are the modules that were loaded before it and stay, such as the script that opens the project.
    """

    scopes: dict[tuple[str, ...], Scope] = field(factory=dict)
    put_aside: dict[str, ModuleType] = field(factory=dict)
    earlier: frozenset[str] = field(factory=lambda: frozenset(sys.modules))


_projects: dict[Path, _Imported] = {}
_importing = threading.RLock()  # modules of two projects that are imported at once would mix; one may open another


def import_modules(
    root: Path, names: Sequence[str], services: Mapping[type[Any], object], faults: Faults | None = None
) -> Scope:
    """Import `names` with `root` on the path and return the scope that holds `services` and what they registered.

    A project that is opened again in the same process gets the same scope: its modules are not run twice. Projects
    may have modules of the same name: only those of the project that was opened last are in `sys.modules`.
    Raises ConfigError if a module does not exist or fails; with `faults` that are collected, the others are imported.
    """
    with _importing:
        return _scope_of(root, tuple(names), services, Faults() if faults is None else faults)


def _scope_of(root: Path, names: tuple[str, ...], services: Mapping[type[Any], object], faults: Faults) -> Scope:
    project = _enter(root)
    before = len(faults.found)
    if names not in project.scopes:
        scope = scope_with(services, Scope(parent=current_scope()))
        _take_out(_loaded().get(root, ()))  # a different list of modules runs them again
        try:
            with use_scope(scope), foreign_code():
                for name in names:
                    with faults.of("modules"):
                        _import(root, name)
        except BaseException:
            _take_out(_loaded().get(root, ()))
            raise
        if len(faults.found) > before:
            return scope  # the next opening imports them again
        project.scopes[names] = scope
    project.scopes[names].attach(current_scope())  # not that of its import, such as an earlier test's
    return scope_with(services, project.scopes[names])


def files_of_modules(root: Path) -> list[Path]:
    """Return the files of the project's own modules that are imported, also of those that its modules import."""
    modules = (sys.modules.get(name) for name in _loaded().get(root, ()))
    return [Path(module.__file__) for module in modules if module is not None and module.__file__]


def scope_with(services: Mapping[type[Any], object], scope: Scope) -> Scope:
    """Provide `services` in `scope`, and return it."""
    for key, service in services.items():
        scope.provide(key, service)
    return scope


def _enter(root: Path) -> _Imported:
    """Replace the modules of any other project in `sys.modules` by those of the project at `root`."""
    for other, modules in _loaded().items():
        if other != root:
            _projects[other].put_aside.update(_take_out(modules))
    sys.path[:] = [entry for entry in sys.path if entry == str(root) or not _is_root(entry)]
    if str(root) not in sys.path:
        sys.path.insert(0, str(root))
    importlib.invalidate_caches()
    project = _projects.setdefault(root, _Imported())
    sys.modules.update(project.put_aside)
    project.put_aside.clear()
    return project


def _loaded() -> dict[Path, list[str]]:
    """Return the names in `sys.modules` of each project's own modules, in one pass: a process may open many."""
    tops = [(name, module) for name, module in list(sys.modules.items()) if "." not in name]
    roots = {name: root for name, module in tops if (root := _root_of(name, module))}
    found: dict[Path, list[str]] = {}
    for name in list(sys.modules) if roots else ():
        root = roots.get(name.partition(".")[0])
        if root is not None and name not in _projects[root].earlier:
            found.setdefault(root, []).append(name)
    return found


def _take_out(names: Sequence[str]) -> dict[str, ModuleType]:
    """Remove modules from `sys.modules`, and return them."""
    return {name: sys.modules.pop(name) for name in names}


def _root_of(name: str, module: ModuleType) -> Path | None:
    """Return the root of the project that a module was imported from, None for a module of none."""
    folder = _folder_of(module)
    imported = None if folder is None else _projects.get(folder)
    return folder if imported is not None and name not in imported.earlier else None


def _folder_of(module: ModuleType) -> Path | None:
    attributes = getattr(module, "__dict__", {})  # without triggering a lazy import by attribute access
    place = next(iter(attributes.get("__path__") or ()), attributes.get("__file__"))
    return _parent(place) if isinstance(place, str) else None


@lru_cache(maxsize=4096)
def _parent(place: str) -> Path:
    return Path(place).parent


def _is_root(entry: str) -> bool:
    return Path(entry) in _projects and str(Path(entry)) == entry


def _import(root: Path, name: str) -> None:
    place = f"module {name!r} of [spine] modules in {root / 'spine.toml'}"
    if not all(part.isidentifier() for part in name.split(".")):
        raise ConfigError(f'{place} is not the name of a module: write "flows" for the file flows.py')
    try:
        module = importlib.import_module(name)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise _failure(root, name, place, error) from error
    file = root / f"{name.partition('.')[0]}.py"
    if file.is_file() and _folder_of(sys.modules[name.partition(".")[0]]) != root:
        raise ConfigError(f"{place} is not {file}, but {module.__name__!r} from elsewhere: give the file another name")


def _failure(root: Path, name: str, place: str, error: BaseException) -> ConfigError:
    cause = error if isinstance(error, Exception) else None
    path = root / name.replace(".", "/")
    if isinstance(error, ModuleNotFoundError) and error.name and f"{name}.".startswith(f"{error.name}."):
        if name.endswith(".py"):
            return ConfigError(f"{place} does not exist: write {name.removesuffix('.py')!r}, without .py", cause=cause)
        return ConfigError(f"{place} does not exist: create {path}.py or correct the name", cause=cause)
    return ConfigError(
        f"{place} cannot be imported: {describe(error)}{_line(root, error)} (--debug shows the traceback)", cause=cause
    )


def _line(root: Path, error: BaseException) -> str:
    """Return the place in the project's code that an error comes from."""
    if isinstance(error, SyntaxError):
        return f" at {error.filename}, line {error.lineno}"
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if Path(frame.filename).is_relative_to(root)]
    return f" at {frames[-1].filename}, line {frames[-1].lineno}" if frames else ""
