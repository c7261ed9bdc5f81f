"""`[channels.NAME]`, with the defaults of `[alerts]`."""

from __future__ import annotations

from typing import Any

import attrs

from spine.config.explain import explained
from spine.config.settings import PluginOptions, Settings
from spine.core.errors import ConfigError
from spine.core.suggest import did_you_mean
from spine.plugins.catalog import Catalog
from spine.plugins.errors import PluginError

_SHARED = ("base_url", "fallback", "throttle_minutes")
_COLUMNS = ("min_severity", "domains", "enabled", "fallback", "throttle_minutes", "type")


def check_fallbacks(settings: Settings) -> None:
    """Raise a ConfigError for a fallback that is not a channel of the project."""
    named = {f"channels.{name}": declared.options.get("fallback") for name, declared in settings.channels.items()}
    for place, fallback in {"alerts": settings.alerts.fallback, **named}.items():
        if fallback is not None and fallback not in settings.channels:
            hint = did_you_mean(str(fallback), list(settings.channels))
            raise ConfigError(f"{settings.path}: {place}.fallback: there is no channel {fallback!r}{hint}")


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
        "throttle_minutes": round(settings.alerts.throttle_minutes if minutes is None else float(minutes)),
        "fallback": settings.alerts.fallback if fallback is None else fallback,
    }


def _plain(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    return value if value is None or isinstance(value, (str, int, float)) else str(value)
