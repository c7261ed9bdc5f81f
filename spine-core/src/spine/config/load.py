"""Loading of `spine.toml`, with the overrides of the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields

from spine.config.environment import overlay, told_by
from spine.config.find import FILE_NAME
from spine.config.references import resolve
from spine.config.settings import (
    AlertSection,
    PluginOptions,
    PluginSection,
    RunSection,
    SchedulerSection,
    Settings,
    SpineSection,
)
from spine.config.structure import structure
from spine.core.errors import ConfigError, MissingConfigError, ValidationError
from spine.core.names import validate_name
from spine.core.suggest import did_you_mean
from spine.plugins.descriptors import SECTIONS

T = TypeVar("T")


def load_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the `spine.toml` in `root`; every fault is a ConfigError that names file and key."""
    path = root / FILE_NAME
    document = _read(path)
    overlay(document, environ)
    known = [field.name for field in fields(Settings) if field.name not in ("root", "document")]
    for section, content in document.items():
        if section not in known:
            raise ConfigError(f"{path}: unknown section [{section}]{told_by(content)}{did_you_mean(section, known)}")
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: [{section}] must be a table")

    def section_of(name: str, cls: type[T]) -> T:
        return structure(resolve(document.get(name, {}), f"{path}: {name}", root, environ), cls, f"{path}: {name}")

    return Settings(
        root=root,
        spine=section_of("spine", SpineSection),
        plugins=section_of("plugins", PluginSection),
        alerts=section_of("alerts", AlertSection),
        runs=section_of("runs", RunSection),
        scheduler=section_of("scheduler", SchedulerSection),
        schedules=_tables(document.get("schedules", {}), f"{path}: schedules"),
        document=document,
        **{
            section: _named(document.get(section, {}), f"{path}: {section}", f'type = "{spec.example}"')
            for section, spec in SECTIONS.items()
        },
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))  # some editors write a byte order mark
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", cause=error) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text, which TOML must be", cause=error) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", cause=error) from error


def _named(content: Mapping[str, Any], where: str, example: str) -> dict[str, PluginOptions]:
    found = {}
    for name, options in content.items():
        place = f"{where}.{name}"
        _check_name(name, where)
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
        found[name] = PluginOptions(options["type"], {key: value for key, value in options.items() if key != "type"})
    return found


def _tables(content: Mapping[str, Any], where: str) -> dict[str, Mapping[str, Any]]:
    for name, table in content.items():
        _check_name(name, where)
        if not isinstance(table, dict):
            raise ConfigError(f"{where}.{name} must be a table that says what to run and when")
    return dict(content)


def _check_name(name: str, where: str) -> None:
    try:
        validate_name(name, f"{where} name")
    except ValidationError as error:
        raise ConfigError(str(error), cause=error) from error
