"""`spine config`: the settings in effect."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.output import json_option, print_fields, print_json
from spine.cli.session import Session


@click.group()
def config() -> None:
    """The settings in effect."""


@config.command()
@json_option
@click.pass_obj
def show(session: Session, as_json: bool) -> None:
    """Print the settings in effect; references are shown as written, never their values."""
    from spine.config.find import find_root
    from spine.config.load import load_settings

    settings = load_settings(find_root(session.project))
    found: dict[str, Any] = {
        "root": str(settings.root),
        "spine": {
            "name": settings.name,
            "database": settings.spine.database,
            "store": settings.spine.store,
            "modules": settings.spine.modules,
        },
        "plugins": {"enabled": settings.plugins.enabled, "disabled": settings.plugins.disabled},
        "alerts": {"on_failure": settings.alerts.on_failure},
        "sources": {name: {"type": item.type, **item.options} for name, item in settings.sources.items()},
        "channels": {name: {"type": item.type, **item.options} for name, item in settings.channels.items()},
    }
    if as_json:
        print_json(found)
    else:
        print_fields(dict(_flat(found, "")))


def _flat(value: dict[str, Any], prefix: str) -> list[tuple[str, Any]]:
    pairs: list[tuple[str, Any]] = []
    for key, item in value.items():
        name = f"{prefix}{key}"
        pairs.extend(_flat(item, f"{name}.") if isinstance(item, dict) else [(name, item)])
    return pairs
