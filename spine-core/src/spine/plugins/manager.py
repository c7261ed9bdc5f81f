"""Stage two: import each plugin's `plugin.py`, ask its hooks for descriptors, and record what goes wrong."""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Iterable, Iterator
from types import ModuleType
from typing import Any

import pluggy

from spine.plugins import _builtin, hookspecs
from spine.plugins.descriptors import KINDS, Descriptor
from spine.plugins.discovery import InstalledPlugin, core_version, incompatibility, installed_plugins
from spine.plugins.policy import PluginPolicy
from spine.plugins.report import PluginReport, PluginState

logger = logging.getLogger("spine.plugins")

_HOOK_KINDS = {
    "spine_register_sources": "source",
    "spine_register_alert_channels": "alert_channel",
    "spine_register_database_adapters": "database",
    "spine_register_step_types": "step_type",
    "spine_register_executors": "executor",
}


def collect_reports(policy: PluginPolicy, installed: Iterable[InstalledPlugin] | None = None) -> list[PluginReport]:
    """Load every plugin that `policy` lets in and return a report for each, core's own first.

    A plugin that fails is reported, never raised: one fault must not take the others or the command line down.
    """
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    running = core_version()
    builtin = PluginReport("core", "spine-core", running, PluginState.BUILTIN)
    builtin.provides = list(_descriptors(manager, _builtin, "core"))
    reports = [builtin]
    for plugin in installed_plugins() if installed is None else installed:
        report = _load(manager, plugin, policy, running)
        reports.append(report)
        if report.state in (PluginState.BROKEN, PluginState.INCOMPATIBLE):
            logger.warning("plugin %r is %s: %s (spine plugins check)", report.name, report.state.value, report.reason)
    return reports


def _load(manager: pluggy.PluginManager, plugin: InstalledPlugin, policy: PluginPolicy, running: str) -> PluginReport:
    report = PluginReport(plugin.name, plugin.distribution, plugin.version)
    if refusal := policy.refusal(plugin.name, plugin.distribution):
        report.state, report.reason = PluginState.DISABLED, refusal
    elif misfit := incompatibility(plugin, running):
        report.state, report.reason = PluginState.INCOMPATIBLE, misfit
    else:
        try:
            with foreign_code():
                module = plugin.entry_point.load()
                report.provides = list(_descriptors(manager, module, plugin.name))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # noqa: BLE001 - sys.exit() in a plugin must not end the host
            report.state, report.reason, report.error = PluginState.BROKEN, describe(error), error
    return report


def _descriptors(manager: pluggy.PluginManager, module: ModuleType, name: str) -> Iterator[Descriptor]:
    manager.register(module, name=name)
    manager.check_pending()
    for caller in manager.get_hookcallers(module) or ():
        kind = _HOOK_KINDS[caller.name]
        for implementation in caller.get_hookimpls():
            if implementation.plugin is module:
                yield from _checked(implementation.function(), caller.name, KINDS[kind])


def _checked(returned: Any, hook: str, expected: type[Descriptor]) -> Iterator[Descriptor]:
    if returned is None or isinstance(returned, (str, bytes, Descriptor)) or not isinstance(returned, Iterable):
        raise TypeError(f"{hook} returned {type(returned).__name__}, not a list of {expected.__name__}")
    for item in returned:
        if not isinstance(item, expected):
            raise TypeError(f"{hook} returned a {type(item).__name__} in its list, not only {expected.__name__}")
        yield item


@contextlib.contextmanager
def foreign_code() -> Iterator[None]:
    """Keep what a plugin prints while it is imported away from stdout, which belongs to `--json`."""
    with contextlib.redirect_stdout(sys.stderr):
        yield


def describe(error: BaseException) -> str:
    """Return one line for an exception of a plugin: its type and its message."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
