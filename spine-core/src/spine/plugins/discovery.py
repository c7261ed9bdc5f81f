"""Stage one: installed plugins, read from distribution metadata without importing them."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Iterator
from functools import lru_cache
from importlib.metadata import (
    Distribution,
    EntryPoint,
    PackageNotFoundError,
    distribution,
    distributions,
    entry_points,
)

from attrs import frozen

from spine.plugins.hookspecs import PROJECT

_HEADER = re.compile(r"^(Name|Version|Requires-Dist): *(.+)$", re.MULTILINE)
_METADATA = (".dist-info", ".egg-info")  # ends of the names of folders and files with the metadata of a distribution
_REQUIRES_CORE = re.compile(r"spine[-_.]+core(?![\w.-])", re.IGNORECASE)


@frozen
class InstalledPlugin:
    """One entry point of group `spine`, and the metadata of its distribution.

    `problem` is the reason why that cannot be read; the plugin's compatibility with spine-core is unknown then.
    """

    entry_point: EntryPoint
    distribution: str
    version: str
    requires: tuple[str, ...] = ()
    problem: str | None = None

    @property
    def name(self) -> str:
        return self.entry_point.name


def core_version() -> str:
    """Return the version of spine-core that is running."""
    try:
        return _metadata(distribution("spine-core")).get("Version", ["0"])[0]
    except (PackageNotFoundError, OSError, ValueError):  # a source tree on sys.path without metadata
        return "0"


def installed_plugins() -> tuple[InstalledPlugin, ...]:
    """Return every plugin installed in this environment, in the order of their names.

    The metadata of all distributions are read anew when one was installed or removed since.
    """
    return _installed(tuple(filter(None, map(_state, sys.path))))


def _state(folder: str) -> tuple[object, ...]:
    """Return what changes with each distribution that is installed in a folder of `sys.path`, or removed from it.

    It is empty for a folder without distributions.
    """
    try:
        found = [name for name in os.listdir(folder or ".") if name.endswith(_METADATA)]  # noqa: PTH208 - quicker
        return (folder, *found, os.stat(folder or ".").st_mtime_ns) if found else ()  # noqa: PTH116 - quicker
    except OSError:  # an archive, such as that of Python's own library
        return (folder,)


@lru_cache(maxsize=1)
def _installed(_folders: tuple[object, ...]) -> tuple[InstalledPlugin, ...]:
    return tuple(_read_plugins())


def _read_plugins() -> Iterator[InstalledPlugin]:
    for entry_point in sorted(_entry_points(), key=lambda point: (point.name, point.value)):
        problem = None
        try:
            metadata = _metadata(entry_point.dist)
        except (OSError, ValueError) as error:
            metadata, problem = {}, type(error).__name__
        if "Name" not in metadata:
            problem = f"its distribution's metadata cannot be read ({problem or 'no name in it'}): install it again"
        yield InstalledPlugin(
            entry_point,
            distribution=metadata.get("Name", ["unknown"])[0],
            version=metadata.get("Version", ["0"])[0],
            requires=tuple(text for text in metadata.get("Requires-Dist", ()) if _REQUIRES_CORE.match(text)),
            problem=problem,
        )


def _entry_points() -> list[EntryPoint]:
    try:
        return list(entry_points(group=PROJECT))
    except Exception:  # noqa: BLE001 - one distribution with a garbled file must not hide all others
        found = [point for dist in distributions() for point in _entry_points_of(dist)]
        return list({(point.name, point.value): point for point in reversed(found)}.values())


def _entry_points_of(dist: Distribution) -> list[EntryPoint]:
    try:
        return [point for point in dist.entry_points if point.group == PROJECT]
    except Exception:  # noqa: BLE001 - as above: a distribution with unreadable entry points has none
        return []


def _metadata(dist: Distribution | None) -> dict[str, list[str]]:
    """Return the headers that matter; Distribution's own properties would parse the whole file anew each time."""
    text = (dist.read_text("METADATA") or dist.read_text("PKG-INFO") or "") if dist else ""
    found: dict[str, list[str]] = {}
    for name, value in _HEADER.findall(text.partition("\n\n")[0]):
        found.setdefault(name, []).append(value.strip())
    return found
