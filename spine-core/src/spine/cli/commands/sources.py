"""`spine sources`: where data comes from."""

from __future__ import annotations

from typing import Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import json_option, print_fields, print_json, print_table, seconds
from spine.cli.session import Session


@click.group()
def sources() -> None:
    """The sources of the project."""


@sources.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the sources."""
    from spine.framework.sources import source_registry

    with session.open() as project:
        declared = project.settings.sources
        rows = [
            {
                "name": name,
                "source_type": declared[name].type if name in declared else source_registry.get(name).source_type.value,
                "domain": declared[name].options.get("domain") if name in declared else None,
                "declared_in": "spine.toml" if name in declared else "a module",
            }
            for name in source_registry.list_sources()
        ]
    if as_json:
        print_json(rows)
    else:
        columns = ["name", "source_type", "domain", "declared_in"]
        print_table(rows, columns, 'no sources: declare one in spine.toml as [sources."name"]')


@sources.command()
@click.argument("name")
@params_option("A parameter of the fetch. May be repeated.")
@json_option
@click.pass_obj
def fetch(session: Session, name: str, params: dict[str, Any], as_json: bool) -> int:
    """Fetch source NAME once and say what came."""
    from spine.framework.sources import source_registry

    with session.open():
        result = source_registry.get(name).fetch(params)
    if not result.success:
        raise result.error or RuntimeError("the source failed without saying why")
    found = result.metadata.to_dict() if result.metadata else {}
    if as_json:
        print_json(found)
        return 0
    print_fields(
        {
            "source": name,
            "rows": found.get("row_count"),
            "bytes": found.get("bytes_fetched"),
            "changed": found.get("content_changed"),
            "sha256": found.get("content_hash"),
            "from": found.get("path") or found.get("url"),
            "duration": seconds(round(found.get("duration_ms") or 0)),
        }
    )
    return 0
