"""The catalog of what plugins provide: name -> descriptor -> class on first use (stage three)."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from attrs import has

from spine.core.errors import SpineError
from spine.core.scope import current_scope
from spine.plugins.claims import Claim, settle
from spine.plugins.descriptors import Descriptor
from spine.plugins.errors import PluginError
from spine.plugins.manager import collect_reports, foreign_code
from spine.plugins.policy import PluginPolicy
from spine.plugins.report import PluginReport


class Catalog:
    """Every name that the installed plugins provide, by kind.

    Where several plugins claim a name, `prefer` decides; without it the name is not available, except that a name of
    core stays core's.
    """

    def __init__(self, reports: list[PluginReport], prefer: Mapping[str, str] | None = None) -> None:
        self.reports = reports
        self._claims: dict[tuple[str, str], list[Claim]] = {}
        self._loaded: dict[tuple[str, str], Any] = {}
        for report in reports:
            for descriptor in report.provides:
                self._claims.setdefault((descriptor.kind, descriptor.name), []).append(Claim(report, descriptor))
        for key, claims in self._claims.items():
            if len(claims) > 1:
                self._claims[key] = settle(key, claims, (prefer or {}).get(".".join(key)))

    def names(self, kind: str) -> list[str]:
        """Return the available names of one kind, sorted."""
        return sorted(name for (other, name), claims in self._claims.items() if other == kind and len(claims) == 1)

    def descriptors(self, kind: str) -> list[Descriptor]:
        """Return the available descriptors of one kind, by name."""
        return [self.find(kind, name) for name in self.names(kind)]

    def claims(self, kind: str, name: str) -> list[Claim]:
        """Return the claims to a name: one if it is available, several if they are in conflict."""
        return self._claims.get((kind, name), [])

    def find(self, kind: str, name: str) -> Descriptor:
        """Return the descriptor of `name`; raise the PluginError for its absence."""
        claims = self.claims(kind, name)
        if len(claims) == 1:
            return claims[0].descriptor
        from spine.plugins.refusal import refusal  # needed only for an error

        raise refusal(self, kind, name)

    def load(self, kind: str, name: str) -> Any:
        """Import and return the target of `name`: a class, or the object or folder that its kind has."""
        found = self._loaded.get((kind, name))
        if found is None:  # each attempt of a step asks for its type
            descriptor = self.find(kind, name)
            found = self._import(kind, name, descriptor.target, lambda target: load_target(target, descriptor.names))
            self._loaded[kind, name] = found
        return found

    def load_class(self, kind: str, name: str) -> type[Any]:
        """Import and return the class of `name`."""
        found: type[Any] = self.load(kind, name)
        return found

    def make(self, kind: str, name: str, /, **arguments: Any) -> Any:
        """Create the object of `name`; an exception of its class other than a SpineError is a PluginBrokenError."""
        cls = self.load_class(kind, name)
        try:
            return cls(**arguments)
        except (KeyboardInterrupt, SpineError):
            raise
        except BaseException as error:
            from spine.plugins.refusal import not_made

            raise not_made(self.claims(kind, name)[0], error) from error

    def load_config(self, kind: str, name: str) -> type[Any] | None:
        """Import and return the attrs class with the options of `name`, None if it declares none."""
        target = self.find(kind, name).config
        found: type[Any] | None = self._import(kind, name, target, load_config_class) if target else None
        return found

    def _import(self, kind: str, name: str, target: str, load: Callable[[str], Any]) -> Any:
        try:
            return load(target)
        except (KeyboardInterrupt, PluginError):  # a PluginError is that of another plugin, which this one needs
            raise
        except BaseException as error:
            from spine.plugins.refusal import not_loadable

            raise not_loadable(self.claims(kind, name)[0], target, error) from error


def load_target(target: str, names: str = "class") -> Any:
    """Import the target `module:attribute`, a class unless `names` is "object" or "folder".

    Every exception of the import, SystemExit included, is passed on. A folder of a package is returned as its path.
    """
    module, _, attribute = target.partition(":")
    with foreign_code():
        imported = importlib.import_module(module)
    if names == "folder":
        return _folder(imported, attribute)
    found = getattr(imported, attribute)
    if names == "class" and not isinstance(found, type):
        raise TypeError(f"{target} is not a class")
    return found


def load_config_class(target: str) -> type[Any]:
    """Import an attrs class of options; TypeError if it is not one."""
    found: type[Any] = load_target(target)
    check_config_class(found)
    return found


def _folder(package: ModuleType, name: str) -> Path:
    path = Path(next(iter(package.__path__), "")) / name
    if not path.is_dir():
        raise FileNotFoundError(f"package {package.__name__} has no folder {name!r}")
    return path


def check_config_class(cls: type[Any]) -> None:
    """Raise a TypeError if the options of a descriptor are not declared in an attrs class."""
    if not has(cls):
        raise TypeError(f"{cls.__name__} is not an attrs class")


def current_catalog() -> Catalog:
    """Return the catalog of the current project, or that of the environment if no project is open."""
    return current_scope().get(Catalog, load_catalog)


def discover(policy: PluginPolicy | None = None) -> Catalog:
    """Return the installed plugins without reporting faults; `SPINE_PLUGINS*` variables override `policy`."""
    policy = (policy or PluginPolicy()).with_environment()
    return Catalog(collect_reports(policy), policy.prefer)


def load_catalog(policy: PluginPolicy | None = None) -> Catalog:
    """Return the installed plugins, as `discover` does, and report faults.

    Each plugin at fault is a warning in the log `spine.plugins`; with a strict policy the first is a PluginError.
    """
    policy = (policy or PluginPolicy()).with_environment()
    catalog = discover(policy)
    warnings = [warning for report in catalog.reports if (warning := report.warning())]
    if warnings:
        from spine.plugins.refusal import warn_or_raise

        warn_or_raise(catalog.reports, warnings, strict=policy.strict)
    return catalog


def load_class(kind: str, name: str) -> type[Any]:
    """Return the class of `name` from the current catalog; raise the PluginError for its absence."""
    return current_catalog().load_class(kind, name)
