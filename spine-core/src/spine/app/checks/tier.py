"""The tier that is installed: the extras of spine-core, and the distributions of each."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution, requires
from typing import TYPE_CHECKING

from packaging.requirements import Requirement

from spine.app.checks.check import Finding, ok

if TYPE_CHECKING:
    from spine.app.application import Application

_CORE = "spine-core"
_TIERS = ("basic", "intermediate", "advanced", "full")


def check_tier(_project: Application) -> Iterator[Finding]:
    """Name the highest tier whose distributions are all installed, and what the next one lacks."""
    reached = "core alone"
    for tier in _TIERS:
        lacking = [name for name in distributions_of(tier) if not _is_installed(name)]
        if lacking:
            command = f"pip install '{_CORE}[{tier}]'"
            yield ok("tier", f"{reached}; {tier} lacks {', '.join(lacking)}: {command}")
            return
        reached = tier
    yield ok("tier", f"{reached}, which is the highest")


def distributions_of(tier: str) -> list[str]:
    """Return the distributions that a tier needs, beside spine-core, as its metadata name them."""
    wanted = [Requirement(text) for text in requires(_CORE) or ()]
    extras = [(each.name, each.marker) for each in wanted if each.marker and not each.marker.evaluate({"extra": ""})]
    return sorted(name for name, marker in extras if marker.evaluate({"extra": tier}) and name != _CORE)


def _is_installed(name: str) -> bool:
    try:
        distribution(name)
    except PackageNotFoundError:
        return False
    return True
