"""Installed plugins at fault, and names in `[plugins]` that match none."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from spine.app.checks.check import Finding, edit, fail, warn
from spine.core.suggest import did_you_mean
from spine.plugins.policy import normalised

if TYPE_CHECKING:
    from spine.app.application import Application


def check_plugins(project: Application) -> Iterator[Finding]:
    """Yield a finding for each plugin at fault, and for each name that no plugin has."""
    for report in project.catalog.reports:
        check, fix = f"plugin {report.label}", f"spine plugins check {report.name}"
        if report.is_at_fault:
            yield fail(check, f"{report.state.value}: {report.reason}", fix)
        elif report.note:
            yield warn(check, f"it works, but {report.note}", fix)
    yield from _names(project)


def _names(project: Application) -> Iterator[Finding]:
    policy = project.settings.plugins.policy().with_environment()
    reports = project.catalog.reports
    plugins = {normalised(name) for report in reports for name in (report.name, report.distribution)}
    given = {
        "enabled": sorted(policy.enabled or ()),
        "disabled": sorted(policy.disabled),
        "prefer": sorted(policy.prefer.values()),
    }
    for key, names in given.items():
        for name in names:
            if normalised(name) not in plugins:
                yield _unknown(project, key, f"no plugin is called {name!r}{did_you_mean(name, plugins)}")
    provided = {f"{spec.kind}.{spec.name}" for report in reports for spec in report.provides}
    for name in policy.prefer:
        if name not in provided:
            yield _unknown(project, "prefer", f"no plugin provides {name!r}{did_you_mean(name, provided)}")


def _unknown(project: Application, key: str, says: str) -> Finding:
    variable = {"enabled": "SPINE_PLUGINS", "disabled": "SPINE_PLUGINS_DISABLED"}.get(key, "")
    source = f"[plugins] {key}{f' or {variable}' if variable in os.environ else ''}"
    return warn(f"plugins.{key}", f"{source}: {says}", edit(project.settings.path))
