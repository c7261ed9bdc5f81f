"""Loads what a plugin provides, really, and checks that it is what its descriptors say."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any

import attrs
from attrs import frozen

from spine.plugins.catalog import load_target
from spine.plugins.descriptors import Descriptor
from spine.plugins.manager import describe
from spine.plugins.report import PluginReport, PluginState

# what each kind's protocol asks for; the protocols themselves live in layers that this package does not know
REQUIRED_METHODS = {
    "source": ("fetch",),
    "alert_channel": ("should_send", "send"),
    "database": ("connect", "disconnect", "transaction", "execute", "query"),
    "step_type": ("execute",),
    "executor": ("submit", "close"),
}


@frozen
class Fault:
    """What is wrong with one plugin, or with one thing that it provides."""

    plugin: str
    sentence: str
    error: BaseException | None = None


def check_plugin(report: PluginReport) -> list[Fault]:
    """Return every fault of a plugin; a disabled one has none."""
    if report.state is PluginState.DISABLED:
        return []
    if report.is_at_fault:
        found = [Fault(report.name, f"{report.state.value}: {report.reason}", report.error)]
    else:
        found = [Fault(report.name, report.note)] if report.note else []
    return found + [fault for descriptor in report.provides for fault in _check(report.name, descriptor)]


def _check(plugin: str, descriptor: Descriptor) -> Iterator[Fault]:
    what = f"{descriptor.kind} {descriptor.name!r}"
    try:
        cls: Any = load_target(descriptor.target)
        config = load_target(descriptor.config) if descriptor.config else None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - whatever a plugin raises is its fault
        yield Fault(plugin, f"{what} cannot be loaded: {describe(error)}", error)
        return
    if not isinstance(cls, type):
        yield Fault(plugin, f"{what}: {descriptor.target} is not a class")
        return
    for method in REQUIRED_METHODS[descriptor.kind]:
        if not callable(getattr(cls, method, None)):
            yield Fault(plugin, f"{what}: {descriptor.target} has no method {method}()")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        yield Fault(plugin, f"{what}: {descriptor.target} does not implement {missing}")
    if config is not None:
        yield from _check_config(plugin, what, cls, config)


def _check_config(plugin: str, what: str, cls: type[Any], config: Any) -> Iterator[Fault]:
    if not (isinstance(config, type) and attrs.has(config)):
        yield Fault(plugin, f"{what}: its config is not an attrs class")
        return
    parameters = inspect.signature(cls).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return
    for field in attrs.fields(config):
        if field.name not in parameters:
            yield Fault(plugin, f"{what}: option {field.name!r} of its config is not an argument of {cls.__name__}()")
