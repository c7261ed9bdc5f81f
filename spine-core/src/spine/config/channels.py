"""`[channels.NAME]`, with the defaults of `[alerts]`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from types import NoneType
from typing import Any

import attrs

from spine.config.explain import explained
from spine.config.references import resolve
from spine.config.settings import PluginOptions, Settings
from spine.config.structure import structure
from spine.core.duration import parse_duration
from spine.core.errors import ConfigError, InvalidConfigError, ValidationError
from spine.core.suggest import did_you_mean
from spine.plugins.catalog import Catalog
from spine.plugins.errors import PluginError

_SHARED = ("base_url", "fallback", "throttle_minutes")
_COLUMNS = ("min_severity", "domains", "enabled", "fallback", "throttle_minutes", "type")


def check_fallbacks(settings: Settings) -> None:
    """Raise a ConfigError for a fallback that is not a channel of the project."""
    named = {f"channels.{name}": declared.options.get("fallback") for name, declared in settings.channels.items()}
    for place, fallback in {"alerts": settings.alerts.fallback, **named}.items():
        if not isinstance(fallback, (str, NoneType)):
            raise InvalidConfigError(f"{place}.fallback", None, f"{settings.place}: {place}.fallback must be a text")
        if fallback is not None and fallback not in settings.channels:
            hint = did_you_mean(str(fallback), list(settings.channels))
            raise ConfigError(f"{settings.place}: {place}.fallback: there is no channel {fallback!r}{hint}")


@attrs.frozen
class _Switch:
    enabled: bool = True


def is_enabled(name: str, declared: PluginOptions, settings: Settings, environ: Mapping[str, str]) -> bool:
    """Return False for a channel with `enabled = false`; ConfigError for another value than true or false."""
    where = f"{settings.place}: channels.{name}"
    written = {key: value for key, value in declared.options.items() if key == "enabled"}
    return structure(resolve(written, where, settings.root, environ), _Switch, where).enabled


def with_defaults(declared: PluginOptions, settings: Settings, catalog: Catalog) -> PluginOptions:
    """Return a channel's options, completed with those of `[alerts]` that it accepts and does not set."""
    try:
        config = catalog.load_config("alert_channel", declared.type)
    except PluginError:
        return declared  # building it raises the error
    taken = {field.name for field in attrs.fields(config)} if config is not None else set()
    shared = {name: getattr(settings.alerts, name) for name in _SHARED if name in taken}
    usual = {name: value for name, value in shared.items() if value is not None}
    return attrs.evolve(declared, options={**usual, **declared.options})


def describe_channels(settings: Settings, catalog: Catalog) -> list[dict[str, Any]]:
    """Return each channel as a row of `core_alert_channels`, with secrets masked."""
    return [
        _describe(name, explained(settings, catalog, "alert_channel", name), settings) for name in settings.channels
    ]


def _describe(name: str, options: dict[str, Any], settings: Settings) -> dict[str, Any]:
    minutes, fallback = options.get("throttle_minutes"), options.get("fallback")
    severity = options.get("min_severity", "ERROR")
    return {
        "name": name,
        "channel_type": options["type"],
        "config": {key: _plain(value) for key, value in options.items() if key not in _COLUMNS},
        "min_severity": str(getattr(severity, "value", severity))[:16],
        "domains": _plain(options.get("domains")) or [],
        "enabled": options.get("enabled") is not False,
        "throttle_minutes": round(_minutes(minutes, settings.alerts.throttle_minutes)),
        "fallback": settings.alerts.fallback if fallback is None else fallback,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)


def _minutes(written: Any, usual: float) -> float:
    """Return an option as minutes; the usual ones for a reference, and for what building the channel refuses."""
    try:
        return float(written)
    except (TypeError, ValueError):
        pass
    try:
        return parse_duration(str(written)) / timedelta(minutes=1)
    except ValidationError:
        return usual
