"""`spine config`: the settings in effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from spine.cli.output import json_option, print_fields, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.config.explain import Setting

_NOTHING: tuple[Any, ...] = (None, "", [], {})


@click.group()
def config() -> None:
    """The settings in effect."""


@config.command()
@click.option("--explain", "key", metavar="KEY", help="Only this setting, such as spine.database, or this section.")
@json_option
@click.pass_obj
def show(session: Session, key: str | None, as_json: bool) -> None:
    """Print the settings in effect and their origins; secrets are masked, references shown as written."""
    from spine.config.explain import DEFAULT, explain
    from spine.config.find import find_root
    from spine.config.load import load_settings
    from spine.plugins.catalog import load_catalog

    settings = load_settings(find_root(session.project))
    found = explain(settings, load_catalog(settings.plugins.policy()))
    if key is not None:
        found = _below(key, found)
    if as_json:
        print_json({item.key: {"value": item.value, "origin": item.origin} for item in found})
    elif key is not None and len(found) == 1:
        item = found[0]
        default = None if item.default in _NOTHING else _shown(item.default)
        print_fields({"key": item.key, "value": _shown(item.value), "origin": item.origin, "default": default})
    else:
        if key is None:
            click.echo(f"{settings.path}\n")
            found = [item for item in found if item.value not in _NOTHING or item.origin != DEFAULT]
        rows = [{"key": item.key, "value": _shown(item.value), "origin": item.origin} for item in found]
        print_table(rows, ["key", "value", "origin"], "no settings")


@config.command()
def schema() -> None:
    """Print the JSON Schema of `spine.toml` for the installed plugins, with which editors complete and check it."""
    from spine.app.schema import project_schema
    from spine.plugins.catalog import load_catalog

    print_json(project_schema(load_catalog()))


def _shown(value: Any) -> Any:
    """Return a table as written; other values unchanged, numbers without separators."""
    if isinstance(value, dict) and value:
        return "{ " + ", ".join(f"{key} = {_shown_item(item)}" for key, item in value.items()) + " }"
    return str(value) if type(value) in (int, float) else value


def _shown_item(item: Any) -> str:
    return f'"{item}"' if isinstance(item, str) else str(_shown(item))


def _below(key: str, found: list[Setting]) -> list[Setting]:
    wanted = [item for item in found if item.key == key or item.key.startswith(f"{key}.")]
    if not wanted:
        from spine.core.suggest import did_you_mean

        raise click.UsageError(f"there is no setting {key!r}{did_you_mean(key, [item.key for item in found])}")
    return wanted
