"""`spine runs affected`: what the data of a run went into."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_rows
from spine.cli.session import Session


@click.command()
@click.argument("run")
@json_option
@click.pass_obj
def affected(session: Session, run: str, as_json: bool) -> None:
    """List the captures and tables that the captures of RUN went into, directly or through others.

    RUN is an id, a part of one, or `latest`.
    """
    with session.open_history() as project:
        graph = project.runs.affected(project.runs.find(run)["run_id"])
    found = [node for node in graph.nodes.values() if node.id not in graph.roots and node.kind != "step"]
    rows = [{"kind": node.kind, "name": node.label, **node.details} for node in found]
    columns = ["kind", "name", "partition", "revision", "table", "run_id"]
    print_rows(rows, columns, "no capture or table was made from those of this run", as_json=as_json)
