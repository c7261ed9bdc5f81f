"""Conflicts between plugins that claim the same name, and their resolution."""

from __future__ import annotations

from attrs import frozen

from spine.plugins.descriptors import Descriptor
from spine.plugins.policy import normalised
from spine.plugins.report import PluginReport, PluginState


@frozen
class Claim:
    """A name that a plugin provides."""

    report: PluginReport
    descriptor: Descriptor


def settle(key: tuple[str, str], claims: list[Claim], preferred: str | None) -> list[Claim]:
    """Return the remaining claims to one name: the preferred one, core's own, or all in conflict."""
    built_in = [claim for claim in claims if claim.report.state is PluginState.BUILTIN]
    is_cores = bool(built_in) and not claims[0].descriptor.may_replace_core
    if not is_cores and preferred is not None and (chosen := _preferred(claims, normalised(preferred))):
        return chosen
    what = ".".join(key)
    for claim in claims:
        if claim not in built_in:
            claim.report.state = PluginState.CONFLICT
            hint = f"it is core's, ask the author of {claim.report.distribution} for another name"
            choice = hint if is_cores else how_to_choose(what, claims, claim)
            reason = f"{owners(claims)} all provide {key[0]} {key[1]!r}: {choice}"
            claim.report.reason = f"{claim.report.reason}; {reason}" if claim.report.reason else reason
    return built_in or claims


def _preferred(claims: list[Claim], preferred: str) -> list[Claim]:
    by_distribution = [claim for claim in claims if normalised(claim.report.distribution) == preferred]
    by_name = [claim for claim in claims if normalised(claim.report.name) == preferred]
    return next((chosen for chosen in (by_distribution, by_name) if len(chosen) == 1), [])


def owners(claims: list[Claim]) -> str:
    """Return the plugins of `claims` as text."""
    return " and ".join(sorted(claim.report.label for claim in claims))


def how_to_choose(what: str, claims: list[Claim], claim: Claim) -> str:
    """Return the advice to choose one of `claims` in spine.toml."""
    named_alike = [other for other in claims if other.report.name == claim.report.name]
    name = claim.report.name if len(named_alike) == 1 else claim.report.distribution
    return f'choose one in spine.toml with [plugins.prefer] "{what}" = "{name}"'
