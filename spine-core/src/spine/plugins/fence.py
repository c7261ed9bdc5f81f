"""Compatibility of plugins with the running spine-core, by their `Requires-Dist: spine-core ...`."""

from __future__ import annotations

import re
from collections.abc import Callable

_PLAIN = re.compile(r"spine[-_.]+core(?:\[[a-z0-9]+(?:, ?[a-z0-9]+)*\])?([<>=,.0-9 ]*)", re.IGNORECASE | re.ASCII)
_FOR_AN_EXTRA = re.compile(r"[^;]*; *extra *== *['\"][\w.-]+['\"] *")  # no extra is requested here
_BOUND = re.compile(r"(>=|<) *([0-9]+(?:\.[0-9]+)*)")
_RELEASE = re.compile(r"[0-9]+(?:\.[0-9]+)*")

_COMPARE: dict[str, Callable[[list[int], list[int]], bool]] = {">=": lambda a, b: a >= b, "<": lambda a, b: a < b}


def misfit(requires: tuple[str, ...], running: str) -> str | None:
    """Return the reason why the requirements exclude spine-core `running`, None if they do not.

    A pre-release of core is accepted if its final release is.
    """
    for requirement in requires:
        if _FOR_AN_EXTRA.fullmatch(requirement):
            continue
        if (reason := _plainly(requirement, running)) is None:
            reason = _by_packaging(requirement, running)
        if reason:
            return reason
    return None


def _plainly(requirement: str, running: str) -> str | None:
    """Check bounds such as `>=0.1,<0.2` without importing packaging; None if packaging is needed."""
    matched = _PLAIN.fullmatch(requirement)
    if matched is None or not _RELEASE.fullmatch(running):
        return None
    bounds = [part.strip() for part in matched[1].split(",")] if matched[1].strip() else []
    parsed = [_BOUND.fullmatch(bound) for bound in bounds]
    if not all(parsed):
        return None
    version = _release(running)
    fits = all(_COMPARE[bound[1]](version, _release(bound[2])) for bound in parsed if bound)
    return "" if fits else _sentence(",".join(bounds), running)


def _release(text: str) -> list[int]:
    parts = [int(part) for part in text.split(".")]
    while parts and parts[-1] == 0:  # 0.2 and 0.2.0 are one version (version specifiers, "Final releases")
        parts.pop()
    return parts


def _by_packaging(requirement: str, running: str) -> str:
    from packaging.requirements import Requirement  # slower to import than the rest of a listing
    from packaging.version import Version

    try:
        parsed = Requirement(requirement)
        if parsed.marker and not parsed.marker.evaluate({"extra": ""}):
            return ""
    except ValueError:  # a requirement that cannot be parsed, a marker that cannot be evaluated
        return f"its metadata holds a requirement that cannot be read: {requirement!r:.100}"
    version = Version(running)
    versions = {version, Version(version.base_version)} if version.is_prerelease else {version}
    fits = any(parsed.specifier.contains(each, prereleases=True) for each in versions)
    return "" if fits else _sentence(str(parsed.specifier), running)


def _sentence(bounds: str, running: str) -> str:
    return f"it needs spine-core {bounds}, and {running} is running"
