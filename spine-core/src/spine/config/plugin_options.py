"""Turns `[sources."name"]` and `[channels.name]` into the plugin's objects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from spine.config.references import resolve
from spine.config.settings import PluginOptions, Settings
from spine.config.structure import check_keys, structure
from spine.plugins.catalog import Catalog
from spine.plugins.errors import PluginError

PROJECT_PATH = "path"  # field metadata: a relative path of this option is relative to spine.toml
PROJECT_DEFAULTS: Mapping[tuple[str, str], Mapping[str, Any]] = {
    ("alert_channel", "console"): {"stream": "stderr"},  # stdout is for what a command prints
}
_SECTIONS = {"database": "databases", "source": "sources", "alert_channel": "channels"}


def check_options(catalog: Catalog, kind: str, declared: Mapping[str, PluginOptions], settings: Settings) -> None:
    """Raise a ConfigError for the first option that its plugin does not know.

    Values are checked when the thing is built, as their references may not be resolvable here and now; so is what a
    plugin that is not available provides.
    """
    for name, options in declared.items():
        try:
            config = catalog.load_config(kind, options.type)
        except PluginError:
            continue
        if config is not None:
            check_keys(options.options, config, _where(kind, name, settings))


def build(
    catalog: Catalog,
    kind: str,
    name: str,
    declared: PluginOptions,
    settings: Settings,
    environ: Mapping[str, str],
) -> Any:
    """Return the object that `declared` describes.

    Raises ConfigError for an option that is wrong, PluginError if its type is not available.
    """
    where = _where(kind, name, settings)
    try:
        config = catalog.load_config(kind, declared.type)
        cls = catalog.load_class(kind, declared.type)
    except PluginError as error:
        raise type(error)(f"{where}: {error}", cause=error) from error
    usual = PROJECT_DEFAULTS.get((kind, declared.type), {})
    options = {**usual, **resolve(dict(declared.options), where, settings.root, environ)}
    identity = {} if kind == "database" else {"name": name}  # an adapter does not know what the project calls it
    if config is None:
        return cls(**identity, **options)
    checked = structure(options, config, where)
    values = {field.name: _placed(getattr(checked, field.name), field, settings) for field in attrs.fields(config)}
    return cls(**identity, **values)


def _placed(value: Any, field: attrs.Attribute[Any], settings: Settings) -> Any:
    if value is None or not field.metadata.get(PROJECT_PATH) or _is_url(value) or value == ":memory:":
        return value
    if isinstance(value, (list, tuple)):
        return [_placed(item, field, settings) for item in value]
    return str(settings.root / str(value))


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and "://" in value


def _where(kind: str, name: str, settings: Settings) -> str:
    return f"{settings.path}: {_SECTIONS[kind]}.{name}"
