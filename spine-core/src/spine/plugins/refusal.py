"""Errors for names that are not available: one sentence for each cause, with the next command to type."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

from spine.core.suggest import did_you_mean
from spine.plugins.claims import Claim, how_to_choose, owners
from spine.plugins.descriptors import KINDS
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
from spine.plugins.manager import describe
from spine.plugins.policy import normalised
from spine.plugins.report import PluginReport, PluginState

if TYPE_CHECKING:
    from spine.plugins.catalog import Catalog

logger = logging.getLogger("spine.plugins")

_ABSENT = (PluginState.DISABLED, PluginState.INCOMPATIBLE, PluginState.BROKEN)


def refusal(catalog: Catalog, kind: str, name: str) -> PluginError:
    """Return the error for a name that no plugin provides, or several do."""
    claims = catalog.claims(kind, name)
    if claims:
        choice = how_to_choose(f"{kind}.{name}", claims, claims[0])
        return PluginConflictError(
            f"{KINDS[kind].label} {name!r} is provided by {owners(claims)}: {choice}, or uninstall the other"
        )
    distribution = KNOWN_DISTRIBUTIONS.get((kind, name))
    absent = [report for report in catalog.reports if report.state in _ABSENT]
    for report in absent:
        if _would_provide(report, kind, name, distribution):
            return _unavailable(report, f"{KINDS[kind].label} {name!r}")
    if distribution is not None:
        return PluginNotInstalledError(
            f"{KINDS[kind].label} {name!r} is provided by {distribution!r}, which is not installed: "
            f"pip install {distribution}"
        )
    known = {*catalog.names(kind), *(other for known_kind, other in KNOWN_DISTRIBUTIONS if known_kind == kind)}
    for report in absent:
        if normalised(report.name) == normalised(name):
            return _unavailable(report, f"{KINDS[kind].label} {name!r}")
    others = ", ".join(f"{report.name} ({report.state.value})" for report in absent)
    return UnknownKindError(
        f"no plugin provides {KINDS[kind].label} {name!r}{did_you_mean(name, known)}"
        f"{f'; not loaded: {others}' if others else ''}; run: spine plugins list"
    )


def not_loadable(claim: Claim, target: str, error: BaseException) -> PluginError:
    """Return the error for a class that cannot be imported."""
    plugin, descriptor = claim.report.name, claim.descriptor
    return PluginBrokenError(
        f"{descriptor.label} {descriptor.name!r} of plugin {plugin!r} cannot be loaded from {target}: "
        f"{describe(error)}; run: spine plugins check {plugin}",
        cause=error if isinstance(error, Exception) else None,
    )


def not_made(claim: Claim, error: BaseException) -> PluginError:
    """Return the error for a class that fails when it is called."""
    plugin, descriptor = claim.report.name, claim.descriptor
    return PluginBrokenError(
        f"{descriptor.label} {descriptor.name!r} of plugin {plugin!r} cannot be made: {describe(error)}; "
        f"its options: spine plugins show {plugin}",
        cause=error if isinstance(error, Exception) else None,
    )


def warn_or_raise(reports: Sequence[PluginReport], warnings: Sequence[str], *, strict: bool) -> None:
    """Log the warnings; where the policy is strict, raise a PluginError for the first plugin at fault instead."""
    at_fault = [report for report in reports if report.is_at_fault]
    if strict and at_fault:
        raise _fault(at_fault[0], f"SPINE_PLUGINS_STRICT is set, and {at_fault[0].warning()}")
    for warning in warnings:
        logger.warning("%s", warning)


def _would_provide(report: PluginReport, kind: str, name: str, distribution: str | None) -> bool:
    """Return whether a plugin that was not loaded would provide `name`, judging by its distribution's name."""
    own = normalised(report.distribution)
    spec = KINDS[kind]
    return own == distribution or own.endswith(tuple(f"-{stem}-{normalised(name)}" for stem in (spec.stem, spec.word)))


def _unavailable(report: PluginReport, what: str) -> PluginError:
    subject = f"{what} is provided by plugin {report.name!r} ({report.distribution} {report.version})"
    if report.state is PluginState.DISABLED:
        return PluginDisabledError(f"{subject}, which is {report.reason}: enable it there; see: spine plugins list")
    if report.state is PluginState.INCOMPATIBLE:
        return PluginIncompatibleError(
            f"{subject}, which is not compatible with this spine-core: {report.reason}; "
            f"run: pip install --upgrade {report.distribution}"
        )
    return _fault(report, f"{subject}, which cannot be loaded: {report.reason}; run: spine plugins check {report.name}")


def _fault(report: PluginReport, sentence: str) -> PluginError:
    classes = {PluginState.INCOMPATIBLE: PluginIncompatibleError, PluginState.CONFLICT: PluginConflictError}
    cause = report.error if isinstance(report.error, Exception) else None
    return classes.get(report.state, PluginBrokenError)(sentence, cause=cause)
