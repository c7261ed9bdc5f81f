"""The settings in effect, one a line, with secrets masked and the origin of each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from spine.config.contracts import ContractSection
from spine.config.environment import FromEnvironment
from spine.config.plugin_options import PROJECT_DEFAULTS
from spine.config.references import is_reference
from spine.config.secrecy import OPEN, Secrecy, masked, secrecy_of_contract, secrecy_of_options
from spine.config.settings import PluginOptions, Settings
from spine.plugins.catalog import Catalog
from spine.plugins.descriptors import KINDS, SECTIONS
from spine.plugins.errors import PluginError
from spine.plugins.options import default_of, option_fields

DEFAULT = "default"


@attrs.frozen
class Setting:
    """One setting: its value with secrets masked, its default, and the origin of the value."""

    key: str
    value: Any
    origin: str
    default: Any = None


def explain(settings: Settings, catalog: Catalog) -> list[Setting]:
    """Return every setting of the project, section after section.

    References are shown as they are written. Masked are passwords in URLs, what a plugin declares as a Secret, what is
    named like one, every URL in the options of a channel, and every text that an unavailable plugin would check.
    """
    found: list[Setting] = []
    for section, content in _sections(settings):
        written = settings.document.get(section, {})
        defaults = {field.name: default_of(field) for field in attrs.fields(type(content))}
        found += [_setting(f"{section}.{key}", key, written, defaults, settings) for key in defaults]
    for spec in SECTIONS.values():
        for name in settings.declared(spec.kind):
            found += explain_options(settings, catalog, spec.kind, name)
    for name in settings.contracts:
        secrecy, table = secrecy_of_contract(), settings.document["contracts"][name]
        defaults = {field.name: default_of(field) for field in attrs.fields(ContractSection)}
        found += [_setting(f"contracts.{name}.{key}", key, table, defaults, settings, secrecy) for key in defaults]
    for name, table in settings.schedules.items():
        found += [_setting(f"schedules.{name}.{key}", key, table, {}, settings) for key in table]
    return found


def _sections(settings: Settings) -> list[tuple[str, Any]]:
    return [(name, getattr(settings, name)) for name in ("spine", "plugins", "alerts", "runs", "scheduler", "captures")]


def explain_options(settings: Settings, catalog: Catalog, kind: str, name: str) -> list[Setting]:
    """Return the settings of one source, channel, database, executor, listener or calendar, as `explain` does."""
    section, fields = str(KINDS[kind].section), _fields(catalog, kind, settings.declared(kind)[name])
    written = settings.document[section][name]
    defaults = {key: default_of(field) for key, field in fields.items()}
    defaults |= PROJECT_DEFAULTS.get((kind, written["type"]), {})
    secrecy = secrecy_of_options(catalog, kind, written["type"])
    return [
        _setting(f"{section}.{name}.{key}", key, written, defaults, settings, secrecy)
        for key in dict.fromkeys(["type", *written, *defaults])
    ]


def explained(settings: Settings, catalog: Catalog, kind: str, name: str) -> dict[str, Any]:
    """Return the options of one declaration by name, with secrets masked."""
    prefix = f"{KINDS[kind].section}.{name}."
    return {item.key.removeprefix(prefix): item.value for item in explain_options(settings, catalog, kind, name)}


def _setting(
    place: str,
    key: str,
    written: Mapping[str, Any],
    defaults: Mapping[str, Any],
    settings: Settings,
    secrecy: Secrecy = OPEN,
) -> Setting:
    default = defaults.get(key)
    value = masked(written.get(key, default), secrecy.of_key(key))
    return Setting(place, value, _origin(written, key, settings, place), default)


def _origin(written: Mapping[str, Any], name: str, settings: Settings, place: str) -> str:
    if name not in written:
        return DEFAULT
    value = written[name]
    file = _file_of(place, name, settings)
    if isinstance(value, FromEnvironment):
        return f"environment variable {value.variable}" + (f", over {file}" if value.overrides else "")
    if is_reference(value):
        where = f"environment variable {value['env']}" if "env" in value else f"file {settings.root / value['file']}"
        return f"{file}, which refers to the {where}"
    return file


def _file_of(place: str, key: str, settings: Settings) -> str:
    """Return the name of the file that has a setting; `place` is its key with those of its tables."""
    section, _, name = place.removesuffix(f".{key}").partition(".")
    table: Any = settings.overlaid.get(section, {})
    if name:
        table = table.get(name, {})
    return settings.path.name if settings.overlay is None or key not in table else settings.overlay.name


def _fields(catalog: Catalog, kind: str, declared: PluginOptions) -> dict[str, attrs.Attribute[Any]]:
    try:
        config = catalog.load_config(kind, declared.type)
    except PluginError:
        return {}
    return {} if config is None else option_fields(kind, config)
