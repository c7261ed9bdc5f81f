"""`spine workers`: the workers that live."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_rows
from spine.cli.session import Session


@click.group()
def workers() -> None:
    """The workers that live, on any machine."""


@workers.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the workers, the oldest first: what each does, since when, and whether its code is that of this folder.

    `version` is a digest of its workflows; `differs` names those that are not as in this folder.
    """
    from spine.app.workers import definition_hashes
    from spine.core.hashing import hash_json

    with session.open() as project:
        found, own = project.workers.list(), definition_hashes()
    rows = [
        {
            **row,
            "queues": ", ".join(row["queues"]),
            "version": hash_json(row["workflows"])[:8],
            "differs": ", ".join(sorted(dict(own.items() ^ row["workflows"].items()))),
            "going": f"{len(row['runs'])} of {row['concurrency']}",
            "state": "stopping" if row["stopping_at"] else "working",
        }
        for row in found
    ]
    columns = ["process", "state", "going", "queues", "version", "differs", "started_at", "seen_at", "folder"]
    print_rows(rows, columns, "no worker lives: start one with spine worker run", as_json=as_json)
