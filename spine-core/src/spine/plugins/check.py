"""Check of a plugin: load its targets and compare them with its descriptors."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import attrs
from attrs import frozen

from spine.plugins.catalog import load_target
from spine.plugins.descriptors import Descriptor, MigrationSpec
from spine.plugins.manager import describe
from spine.plugins.options import option_fields
from spine.plugins.report import PluginReport, PluginState


@frozen
class Fault:
    """A fault of a plugin, or of one of its targets."""

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
    needs_extras = report.state is not PluginState.BUILTIN  # of core, each project chooses the extras
    return found + [fault for spec in report.provides for fault in _check(report.name, spec, needs_extras)]


def _check(plugin: str, descriptor: Descriptor, needs_extras: bool) -> Iterator[Fault]:
    what = f"{descriptor.kind} {descriptor.name!r}"
    try:
        target: Any = load_target(descriptor.target, descriptor.names)
        config = load_target(descriptor.config) if descriptor.config else None
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - every exception of a plugin is a fault of it
        yield Fault(plugin, f"{what} cannot be loaded: {describe(error)}", error)
        return
    for method in descriptor.required_methods:
        if not callable(getattr(target, method, None)):
            yield Fault(plugin, f"{what}: {descriptor.target} has no method {method}()")
    if inspect.isabstract(target):
        missing = ", ".join(sorted(getattr(target, "__abstractmethods__", ())))
        yield Fault(plugin, f"{what}: {descriptor.target} does not implement {missing}")
    for requirement in _missing_requirements(target) if needs_extras else ():
        yield Fault(plugin, f"{what} needs {requirement!r}: write it into the plugin's dependencies and install it")
    if config is not None and not attrs.has(config):
        yield Fault(plugin, f"{what}: its config {descriptor.config} is not an attrs class")
        return
    options = list(option_fields(descriptor.kind, config)) if config is not None else []
    for fault in _faults_of_kind(descriptor, target, options):
        yield Fault(plugin, f"{what}: {fault}")


def _missing_requirements(target: Any) -> list[str]:
    """Return the requirements of the modules that the class imports at its first use and that are not installed."""
    modules: Mapping[str, str] = getattr(target, "optional_modules", {})
    return sorted({requirement for module, requirement in modules.items() if find_spec(module) is None})


def _faults_of_kind(descriptor: Descriptor, target: Any, options: list[str]) -> Iterator[str]:
    if isinstance(descriptor, MigrationSpec):
        yield from _migration_faults(descriptor, target)
    elif descriptor.names == "class":
        yield from _argument_faults(descriptor, target, options)


def _migration_faults(descriptor: MigrationSpec, folder: Path) -> Iterator[str]:
    from alembic.config import Config
    from alembic.script import ScriptDirectory

    config = Config()
    config.set_main_option("script_location", "spine.storage:migrations")
    config.set_main_option("path_separator", "newline")
    config.set_main_option("version_locations", str(folder).replace("%", "%%"))
    try:
        heads = ScriptDirectory.from_config(config).get_heads()
        if heads != [descriptor.head]:
            found = " and ".join(heads) or "none"
            yield f"its head is {descriptor.head!r}, and the newest revision in {folder} is {found}"
        if descriptor.metadata:
            load_target(descriptor.metadata, "object")
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # noqa: BLE001 - every exception of a plugin is a fault of it
        yield describe(error)


def _argument_faults(descriptor: Descriptor, cls: type[Any], options: list[str]) -> Iterator[str]:
    for option in options:
        if option in descriptor.reserved_options:
            yield f"option {option!r} of its config is an argument of Step.of() itself: rename it"
    try:
        parameters = inspect.signature(cls).parameters
    except (TypeError, ValueError):  # of a class written in C, or with an invalid signature
        return
    if not descriptor.takes_options:
        yield from _needed_arguments(cls, parameters)
    elif not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        for given in descriptor.given_arguments:
            if given not in parameters:
                yield f"{cls.__name__}() does not take the argument {given!r}"
        for option in options:
            if option not in parameters:
                yield f"option {option!r} of its config is not an argument of {cls.__name__}()"


def _needed_arguments(cls: type[Any], parameters: Mapping[str, inspect.Parameter]) -> Iterator[str]:
    for parameter in parameters.values():
        variable = parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD)
        if parameter.default is parameter.empty and not variable:
            yield f"{cls.__name__}() needs the argument {parameter.name!r}: step types are created without arguments"
