"""Stage two: import of each plugin's `plugin.py`, its descriptors, and its faults."""

from __future__ import annotations

import contextlib
import io
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import pluggy

from spine.plugins import _builtin, hookspecs
from spine.plugins.descriptors import HOOKS, Descriptor
from spine.plugins.discovery import InstalledPlugin, core_version, installed_plugins
from spine.plugins.fence import misfit
from spine.plugins.policy import PluginPolicy
from spine.plugins.report import PluginReport, PluginState, one_line

SLOW_SECONDS = 1.0


def collect_reports(policy: PluginPolicy, installed: Iterable[InstalledPlugin] | None = None) -> list[PluginReport]:
    """Load every plugin that `policy` permits and return a report for each, core's own first.

    A plugin that fails is reported, not raised: its fault must not affect other plugins or the command line.
    """
    running = core_version()
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    builtin = PluginReport("core", "spine-core", running, PluginState.BUILTIN)
    builtin.provides = list(_descriptors(manager, _builtin, "core"))
    plugins = installed_plugins() if installed is None else installed
    return [builtin, *(_load(manager, plugin, policy, running) for plugin in plugins)]


def _load(manager: pluggy.PluginManager, plugin: InstalledPlugin, policy: PluginPolicy, running: str) -> PluginReport:
    report = PluginReport(one_line(plugin.name), one_line(plugin.distribution), one_line(plugin.version))
    if refusal := policy.refusal(plugin.name, plugin.distribution):
        report.state, report.reason = PluginState.DISABLED, refusal
    elif plugin.problem:
        report.state, report.reason = PluginState.BROKEN, plugin.problem
    elif reason := misfit(plugin.requires, running):
        report.state, report.reason = PluginState.INCOMPATIBLE, reason
    else:
        _import(manager, plugin, report)
    return report


def _import(manager: pluggy.PluginManager, plugin: InstalledPlugin, report: PluginReport) -> None:
    started = time.monotonic()
    try:
        with foreign_code() as printed:
            loaded = plugin.entry_point.load()
            report.provides = list(_descriptors(manager, loaded, plugin.name))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - sys.exit() in a plugin must not end the host
        report.state, report.reason, report.error = PluginState.BROKEN, describe(error), error
        return
    elapsed = time.monotonic() - started
    if printed.written:
        report.note = "it prints while it is imported"
    elif elapsed > SLOW_SECONDS:
        report.note = f"it takes {elapsed:.1f} s to import, which every command waits for"
    elif not report.provides:
        report.note = "it provides nothing: is each of its hooks marked with @hookimpl?"


def _descriptors(manager: pluggy.PluginManager, plugin: Any, name: str) -> Iterator[Descriptor]:
    if plugin is None:  # pluggy treats it as a blocked plugin
        raise TypeError("its entry point names None, not a module with hooks")
    try:
        manager.register(plugin, name=name)
        manager.check_pending()
        yield from _answers(manager, plugin)
    finally:
        if manager.is_registered(plugin):  # a faulty plugin must not affect the next
            manager.unregister(plugin)


def _answers(manager: pluggy.PluginManager, plugin: Any) -> Iterator[Descriptor]:
    seen: set[tuple[str, str]] = set()
    for caller in manager.get_hookcallers(plugin) or ():
        if not caller.has_spec():  # marked as optional: a hook of a later core
            continue
        for implementation in caller.get_hookimpls():
            for descriptor in _checked(implementation.function(), caller.name):
                if (key := (descriptor.kind, descriptor.name)) in seen:
                    raise ValueError(f"{caller.name} returned {descriptor.name!r} twice")
                seen.add(key)
                yield descriptor


def _checked(returned: Any, hook: str) -> Iterator[Descriptor]:
    expected = HOOKS[hook]
    if isinstance(returned, (str, bytes, Mapping)) or not isinstance(returned, Iterable):
        raise TypeError(f"{hook} returned {type(returned).__name__}, not a list of {expected.__name__}")
    for item in returned:
        if not isinstance(item, expected) or item.kind != expected.kind:
            raise TypeError(f"{hook} returned a {type(item).__name__} in its list, not only {expected.__name__}")
        yield item


class _Stderr(io.TextIOBase):
    """A replacement of stdout that writes to stderr, and records whether anything was written.

    A plugin may keep it, in a log handler for example, so no output to it may be lost.
    """

    written = False

    def write(self, text: str) -> int:
        self.written = self.written or bool(text)
        return sys.stderr.write(text) if sys.stderr else len(text)

    def close(self) -> None:
        """Stay open: a plugin must not close stdout."""

    def __getattr__(self, name: str) -> Any:
        return getattr(sys.stderr, name)


@contextlib.contextmanager
def foreign_code() -> Iterator[_Stderr]:
    """Send what a plugin prints while it is imported to stderr: stdout belongs to `--json`."""
    stand_in = _Stderr()
    with contextlib.redirect_stdout(stand_in):
        yield stand_in


def describe(error: BaseException) -> str:
    """Return one line for an exception of a plugin: its type, its message, and where a syntax error is."""
    try:
        text = one_line(str(error))
    except Exception:  # noqa: BLE001 - the text of a plugin's exception comes from plugin code
        text = ""
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
