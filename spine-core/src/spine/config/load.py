"""Reads `spine.toml`, and overlays the environment."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from attrs import fields

from spine.config.find import FILE_NAME
from spine.config.references import resolve
from spine.config.settings import AlertSection, PluginOptions, PluginSection, Settings, SpineSection
from spine.config.structure import structure
from spine.core.errors import ConfigError, ValidationError
from spine.core.names import validate_name
from spine.core.suggest import did_you_mean

ENV_PREFIX = "SPINE__"

T = TypeVar("T")


def load_settings(root: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read and check the `spine.toml` in `root`; every fault is a ConfigError that names file and key."""
    path = root / FILE_NAME
    document = _overlay(_read(path), environ)
    known = [field.name for field in fields(Settings) if field.name != "root"]
    for section, content in document.items():
        if section not in known:
            raise ConfigError(f"{path}: unknown section [{section}]{did_you_mean(section, known)}")
        if not isinstance(content, dict):
            raise ConfigError(f"{path}: [{section}] must be a table")

    def section_of(name: str, cls: type[T]) -> T:
        return structure(resolve(document.get(name, {}), f"{path}: {name}", root, environ), cls, f"{path}: {name}")

    return Settings(
        root,
        section_of("spine", SpineSection),
        section_of("plugins", PluginSection),
        section_of("alerts", AlertSection),
        _named(document.get("sources", {}), f"{path}: sources"),
        _named(document.get("channels", {}), f"{path}: channels"),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{path} is not valid TOML: {error}", cause=error) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8 text, which TOML must be", cause=error) from error
    except OSError as error:
        raise ConfigError(f"{path} cannot be read: {error.strerror}", cause=error) from error


def _named(content: Mapping[str, Any], where: str) -> dict[str, PluginOptions]:
    found = {}
    for name, options in content.items():
        place = f"{where}.{name}"
        try:
            validate_name(name, f"{where} name")
        except ValidationError as error:
            raise ConfigError(str(error), cause=error) from error
        if not isinstance(options, dict) or not isinstance(options.get("type"), str):
            raise ConfigError(f"{place}: key 'type' is missing: say which type it is, such as type = \"file\"")
        found[name] = PluginOptions(options["type"], {key: value for key, value in options.items() if key != "type"})
    return found


def _overlay(document: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for variable in sorted(environ):
        if not variable.startswith(ENV_PREFIX):
            continue
        *parents, key = variable.removeprefix(ENV_PREFIX).lower().split("__")
        table: Any = document
        for parent in parents:
            table = table.setdefault(parent, {})
            if not isinstance(table, dict):
                raise ConfigError(f"the environment variable {variable} sets a key below one that is not a table")
        table[key] = _value(environ[variable])
    return document


def _value(text: str) -> Any:
    """Return `text` as TOML reads it where it is a list, a boolean or a number, else as it is."""
    try:
        parsed = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text
    return parsed if isinstance(parsed, (bool, int, float, list)) else text
