"""Loading of `spine.toml`, with the overrides of the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields

from spine.config.contracts import ContractSection
from spine.config.environment import overlay, told_by
from spine.config.faults import Faults
from spine.config.find import FILE_NAME
from spine.config.overlay import find_overlay, merged
from spine.config.references import resolve
from spine.config.settings import (
    AlertSection,
    CaptureSection,
    PluginOptions,
    PluginSection,
    RunSection,
    SchedulerSection,
    Settings,
    SpineSection,
    place_of,
)
from spine.config.structure import structure
from spine.core.errors import ConfigError, MissingConfigError, ValidationError
from spine.core.names import validate_name
from spine.core.suggest import did_you_mean
from spine.plugins.descriptors import SECTIONS

T = TypeVar("T")

_NOT_SECTIONS = ("root", "document", "overlay", "overlaid", "database_fault")


def load_settings(root: Path, environ: Mapping[str, str] = os.environ, faults: Faults | None = None) -> Settings:
    """Read and check the `spine.toml` in `root`; every fault is a ConfigError that names file and key.

    The settings of `spine.NAME.toml` go over it where the variable `SPINE_ENV` has that name. With `faults` that are
    collected, the keys at fault are left out.
    """
    faults = Faults() if faults is None else faults
    overlay_path, document, overlaid = None, {}, {}
    with faults.of(FILE_NAME):
        document = _read(root / FILE_NAME)
        overlay_path = find_overlay(root, environ)
        overlaid = {} if overlay_path is None else _read(overlay_path)
        document = merged(document, overlaid)
    path = place_of(root / FILE_NAME, overlay_path)
    with faults.of("environment"):
        overlay(document, environ)
    sections = _sections(document, path, faults)

    def section_of(name: str, cls: type[T]) -> T:
        content = sections.get(name, {})
        if faults.collected:
            content = _usable(content, cls, name, path, root, environ, faults)
        return structure(resolve(content, f"{path}: {name}", root, environ), cls, f"{path}: {name}")

    return Settings(
        root=root,
        spine=section_of("spine", SpineSection),
        plugins=section_of("plugins", PluginSection),
        alerts=section_of("alerts", AlertSection),
        runs=section_of("runs", RunSection),
        scheduler=section_of("scheduler", SchedulerSection),
        captures=section_of("captures", CaptureSection),
        contracts=_contracts(sections.get("contracts", {}), f"{path}: contracts", root, environ, faults),
        schedules=_tables(sections.get("schedules", {}), f"{path}: schedules", faults),
        document=sections,
        overlay=overlay_path,
        overlaid=overlaid,
        database_fault=faults.error_of(FILE_NAME, "environment", "spine", "spine.database"),
        **{
            section: _named(sections.get(section, {}), f"{path}: {section}", f'type = "{spec.example}"', faults)
            for section, spec in SECTIONS.items()
        },
    )


def _sections(document: Mapping[str, Any], path: str, faults: Faults) -> dict[str, dict[str, Any]]:
    known = [field.name for field in fields(Settings) if field.name not in _NOT_SECTIONS]
    found = {}
    for section, content in document.items():
        with faults.of(section):
            if section not in known:
                raise ConfigError(
                    f"{path}: unknown section [{section}]{told_by(content)}{did_you_mean(section, known)}"
                )
            if not isinstance(content, dict):
                raise ConfigError(f"{path}: [{section}] must be a table")
            found[section] = content
    return found


def _usable(
    content: Mapping[str, Any],
    cls: type[Any],
    name: str,
    path: str,
    root: Path,
    environ: Mapping[str, str],
    faults: Faults,
) -> dict[str, Any]:
    """Return the keys of a section that are not at fault."""
    found = {}
    for key, value in content.items():
        with faults.of(f"{name}.{key}"):
            structure(resolve({key: value}, f"{path}: {name}", root, environ), cls, f"{path}: {name}")
            found[key] = value
    return found


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors write a byte order mark
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", cause=error) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text, which TOML must be", cause=error) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", cause=error) from error


def _named(content: Mapping[str, Any], where: str, example: str, faults: Faults) -> dict[str, PluginOptions]:
    found = {}
    for name, options in content.items():
        with faults.of(f"{where}.{name}"):
            _check_name(name, where)
            found[name] = _options(name, options, f"{where}.{name}", example)
    return found


def _options(name: str, options: Any, place: str, example: str) -> PluginOptions:
    if not isinstance(options, dict):
        raise ConfigError(f"{place} must be a table, with a type and its options")
    if "type" not in options:
        dotted = [f'"{name}.{key}"' for key, value in options.items() if isinstance(value, dict)]
        hint = f"; a name with dots is written in quotes: {dotted[0]}" if dotted else ""
        raise MissingConfigError(
            f"{place}.type",
            f"{place}: key 'type' is missing{told_by(options)}: say which it is, as in {example}{hint}",
        )
    if not isinstance(options["type"], str):
        raise ConfigError(f"{place}.type must be a text, as in {example}")
    return PluginOptions(options["type"], {key: value for key, value in options.items() if key != "type"})


def _tables(content: Mapping[str, Any], where: str, faults: Faults) -> dict[str, Mapping[str, Any]]:
    found: dict[str, Mapping[str, Any]] = {}
    for name, table in content.items():
        with faults.of(f"{where}.{name}"):
            _check_name(name, where)
            if not isinstance(table, dict):
                raise ConfigError(f"{where}.{name} must be a table that says what to run and when")
            found[name] = table
    return found


def _contracts(
    content: Mapping[str, Any], where: str, root: Path, environ: Mapping[str, str], faults: Faults
) -> dict[str, ContractSection]:
    found = {}
    for name, table in content.items():
        place = f"{where}.{name}"
        with faults.of(f"contracts.{name}"):
            if not isinstance(table, dict):
                raise ConfigError(f"{place} must be a table of columns and checks")
            found[name] = structure(resolve(table, place, root, environ), ContractSection, place)
    return found


def _check_name(name: str, where: str) -> None:
    try:
        validate_name(name, f"{where} name")
    except ValidationError as error:
        raise ConfigError(str(error), cause=error) from error
