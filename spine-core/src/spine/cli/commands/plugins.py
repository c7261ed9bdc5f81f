"""`spine plugins`: what is installed."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_json, print_table
from spine.cli.session import Session


@click.group()
def plugins() -> None:
    """What is installed."""


@plugins.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the plugins, what they provide, and their state."""
    from spine.plugins.catalog import load_catalog

    rows = [report.to_dict() for report in load_catalog().reports]
    if as_json:
        print_json(rows)
        return
    shown = [
        {
            **row,
            "provides": ", ".join(f"{item['kind']} {item['name']}" for item in row["provides"]),
        }
        for row in rows
    ]
    print_table(shown, ["name", "distribution", "version", "state", "provides", "reason"], "no plugins")
