"""The kinds that plugins provide: name -> descriptor -> class at first use (stage three)."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from spine.core.scope import current_scope
from spine.core.suggest import did_you_mean
from spine.plugins.descriptors import Descriptor
from spine.plugins.errors import (
    PluginBrokenError,
    PluginConflictError,
    PluginDisabledError,
    PluginError,
    PluginIncompatibleError,
    PluginNotInstalledError,
    UnknownKindError,
)
from spine.plugins.known import KNOWN_DISTRIBUTIONS
from spine.plugins.manager import collect_reports, describe, foreign_code
from spine.plugins.policy import PluginPolicy
from spine.plugins.report import PluginReport, PluginState

_LABELS = {
    "source": "source type",
    "alert_channel": "channel type",
    "database": "database type",
    "step_type": "step type",
    "executor": "executor",
}


class Catalog:
    """Every name that the installed plugins provide, by kind."""

    def __init__(self, reports: list[PluginReport], policy: PluginPolicy | None = None) -> None:
        self.reports = reports
        self._policy = policy or PluginPolicy()
        self._providers: dict[tuple[str, str], list[tuple[PluginReport, Descriptor]]] = {}
        for report in reports:
            for descriptor in report.provides:
                self._providers.setdefault((descriptor.kind, descriptor.name), []).append((report, descriptor))
        for (kind, name), claims in self._providers.items():
            if len(claims) > 1:
                self._settle(kind, name, claims)

    def names(self, kind: str) -> list[str]:
        """Return the names of one kind that can be asked for, sorted."""
        return sorted(name for (other, name), claims in self._providers.items() if other == kind and claims)

    def descriptors(self) -> Iterator[Descriptor]:
        """Yield every descriptor that can be asked for."""
        for claims in self._providers.values():
            if len(claims) == 1:
                yield claims[0][1]

    def find(self, kind: str, name: str) -> Descriptor:
        """Return the descriptor of `name`; raise the PluginError that says why there is none."""
        claims = self._providers.get((kind, name), [])
        if len(claims) == 1:
            return claims[0][1]
        raise self._conflict(kind, name, claims) if claims else self._missing(kind, name)

    def load_class(self, kind: str, name: str) -> type[Any]:
        """Import and return the class of `name`."""
        return self._import(kind, name, self.find(kind, name).target)

    def load_config(self, kind: str, name: str) -> type[Any] | None:
        """Import and return the attrs class with the options of `name`, None if it declares none."""
        target = self.find(kind, name).config
        return self._import(kind, name, target) if target else None

    def _import(self, kind: str, name: str, target: str) -> type[Any]:
        module, _, attribute = target.partition(":")
        try:
            with foreign_code():
                found = getattr(importlib.import_module(module), attribute)
        except KeyboardInterrupt:
            raise
        except PluginError:
            raise
        except BaseException as error:
            plugin = self._providers[kind, name][0][0].name
            raise PluginBrokenError(
                f"{_LABELS[kind]} {name!r} of plugin {plugin!r} cannot be loaded from {target}: {describe(error)}; "
                f"run: spine plugins check {plugin}",
                cause=error if isinstance(error, Exception) else None,
            ) from error
        return found  # type: ignore[no-any-return]  # the descriptor's word; `spine plugins check` verifies it

    def _settle(self, kind: str, name: str, claims: list[tuple[PluginReport, Descriptor]]) -> None:
        preferred = self._policy.prefer.get(f"{kind}.{name}")
        chosen = [claim for claim in claims if preferred in (claim[0].name, claim[0].distribution)]
        if len(chosen) == 1:
            claims[:] = chosen
            return
        if any(report.state is PluginState.BUILTIN for report, _ in claims):
            others = [claim for claim in claims if claim[0].state is not PluginState.BUILTIN]
            claims[:] = [claim for claim in claims if claim[0].state is PluginState.BUILTIN]
        else:
            others = list(claims)
        names = " and ".join(sorted({report.name for report, _ in [*claims, *others]}))
        for report, _ in others:
            report.state = PluginState.CONFLICT
            report.reason = f"{_LABELS[kind]} {name!r} is claimed by {names}; choose with [plugins.prefer]"

    def _conflict(self, kind: str, name: str, claims: list[tuple[PluginReport, Descriptor]]) -> PluginConflictError:
        owners = sorted(report.name for report, _ in claims)
        return PluginConflictError(
            f"{_LABELS[kind]} {name!r} is provided by {' and '.join(owners)}: add to spine.toml "
            f'[plugins.prefer] "{kind}.{name}" = "{owners[0]}", or uninstall one'
        )

    def _missing(self, kind: str, name: str) -> PluginError:
        distribution = KNOWN_DISTRIBUTIONS.get((kind, name))
        for report in self.reports:
            if report.usable or not (report.distribution == distribution or self._is_about(report, kind, name)):
                continue
            subject = f"{_LABELS[kind]} {name!r} is provided by plugin {report.name!r} ({report.distribution})"
            if report.state is PluginState.DISABLED:
                return PluginDisabledError(f"{subject}, which is {report.reason}: enable it there")
            if report.state is PluginState.INCOMPATIBLE:
                return PluginIncompatibleError(
                    f"{subject} {report.version}, which {report.reason}: pip install --upgrade {report.distribution}"
                )
            return PluginBrokenError(
                f"{subject}, which cannot be loaded: {report.reason}; run: spine plugins check {report.name}",
                cause=report.error if isinstance(report.error, Exception) else None,
            )
        if distribution:
            return PluginNotInstalledError(
                f"{_LABELS[kind]} {name!r} is provided by {distribution!r}, which is not installed: "
                f"pip install {distribution}"
            )
        known = {*self.names(kind), *(other for other_kind, other in KNOWN_DISTRIBUTIONS if other_kind == kind)}
        return UnknownKindError(f"no plugin provides {_LABELS[kind]} {name!r}{did_you_mean(name, known)}")

    @staticmethod
    def _is_about(report: PluginReport, kind: str, name: str) -> bool:
        """Guess from its name what a plugin that could not be loaded would have provided."""
        stem = {"source": "sources", "alert_channel": "alerts", "database": "db", "step_type": "steps"}.get(kind, kind)
        return report.distribution.replace("_", "-").endswith(f"-{stem}-{name}")


def current_catalog() -> Catalog:
    """Return the catalog of the current project, made from the environment where no project is open."""
    return current_scope().get(Catalog, load_catalog)


def load_catalog(policy: PluginPolicy | None = None) -> Catalog:
    """Discover what is installed; `SPINE_PLUGINS*` variables win over `policy`."""
    policy = (policy or PluginPolicy()).with_environment()
    return Catalog(collect_reports(policy), policy)


def load_class(kind: str, name: str) -> type[Any]:
    """Return the class of `name` from the current catalog; raise the PluginError that says why there is none."""
    return current_catalog().load_class(kind, name)
