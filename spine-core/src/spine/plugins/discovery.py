"""Stage one: what is installed, read from distribution metadata without importing anything of a plugin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib.metadata import Distribution, EntryPoint, PackageNotFoundError, entry_points, version

from attrs import frozen

from spine.plugins.hookspecs import PROJECT

_REQUIRES_CORE = re.compile(r"spine[-_.]core(?![\w.-])", re.IGNORECASE)


@frozen
class InstalledPlugin:
    """One entry point of group `spine`."""

    entry_point: EntryPoint
    distribution: str
    version: str
    requires: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.entry_point.name


def core_version() -> str:
    """Return the version of spine-core that is running."""
    try:
        return version("spine-core")
    except PackageNotFoundError:  # a source tree on sys.path without metadata
        return "0"


def installed_plugins() -> Iterator[InstalledPlugin]:
    """Yield every plugin installed in this environment, in the order of their names."""
    for entry_point in sorted(entry_points(group=PROJECT), key=lambda point: (point.name, point.value)):
        dist = entry_point.dist
        yield InstalledPlugin(
            entry_point,
            distribution=dist.name if dist else "unknown",
            version=dist.version if dist else "0",
            requires=_core_requirements(dist),
        )


def incompatibility(plugin: InstalledPlugin, running: str) -> str | None:
    """Return why `plugin` does not go with spine-core `running`, None if it does.

    The rule is the plugin's own `Requires-Dist: spine-core ...` (core metadata specification); pre-releases of core
    count as the release they lead to.
    """
    if not plugin.requires:
        return None
    from packaging.requirements import InvalidRequirement, Requirement  # needed by plugins with a fence only

    for text in plugin.requires:
        try:
            requirement = Requirement(text)
        except InvalidRequirement:
            return f"its metadata holds an unreadable requirement: {text!r:.100}"
        if requirement.marker and not requirement.marker.evaluate():
            continue
        if not requirement.specifier.contains(running, prereleases=True):
            return f"needs spine-core {requirement.specifier}, and {running} is running"
    return None


def _core_requirements(dist: Distribution | None) -> tuple[str, ...]:
    if dist is None:
        return ()
    return tuple(text for text in dist.requires or () if _REQUIRES_CORE.match(text))
