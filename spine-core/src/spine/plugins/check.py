"""Loads what a plugin provides, really, and checks that it is what its descriptors say."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
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

# what Spine itself makes each kind with, beside the options
_GIVEN_ARGUMENTS = {"source": ("name",), "alert_channel": ("name",), "executor": ("max_workers",)}

# of a step type, options are keyword arguments of Step.of() and reach it as the step's config
_STEP_ARGUMENTS = {"kind", "name", "on_error", "retry_policy", "next_step", "timeout", "when", "always_run"}


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
    for method in REQUIRED_METHODS[descriptor.kind]:
        if not callable(getattr(cls, method, None)):
            yield Fault(plugin, f"{what}: {descriptor.target} has no method {method}()")
    if inspect.isabstract(cls):
        missing = ", ".join(sorted(getattr(cls, "__abstractmethods__", ())))
        yield Fault(plugin, f"{what}: {descriptor.target} does not implement {missing}")
    if config is not None and not attrs.has(config):
        yield Fault(plugin, f"{what}: its config {descriptor.config} is not an attrs class")
        return
    options = [field.name for field in attrs.fields(config)] if config is not None else []
    for fault in _argument_faults(descriptor.kind, cls, options):
        yield Fault(plugin, f"{what}: {fault}")


def _argument_faults(kind: str, cls: type[Any], options: list[str]) -> Iterator[str]:
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):  # of a class written in C, or with a signature of its own invention
        return
    if kind == "step_type":
        yield from _step_faults(cls, parameters, options)
    elif not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        for given in _GIVEN_ARGUMENTS.get(kind, ()):
            if given not in parameters:
                yield f"{cls.__name__}() does not take the argument {given!r}"
        for option in options:
            if option not in parameters:
                yield f"option {option!r} of its config is not an argument of {cls.__name__}()"


def _step_faults(cls: type[Any], parameters: Mapping[str, inspect.Parameter], options: list[str]) -> Iterator[str]:
    for parameter in parameters.values():
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variable:
            yield f"{cls.__name__}() needs the argument {parameter.name!r}: step types are made without any"
    for option in options:
        if option in _STEP_ARGUMENTS:
            yield f"option {option!r} of its config is an argument that Step.of() has itself: call it otherwise"
