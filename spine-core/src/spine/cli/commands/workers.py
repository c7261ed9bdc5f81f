"""`spine workers`: the workers that live."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

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

    `version` is a digest of its workflows; `differs` names those that are not as in this folder: unknown if its code
    cannot be imported. With --json also the process, its folder, its runs and its latest sign of life.
    """
    from spine.app.workers import definition_hashes

    with session.open_history() as project:
        own = None if project.application.faults.error_of("modules") else definition_hashes()
        rows = [_described(row, own) for row in project.workers.list()]
    shown = rows if as_json else [_in_short(row) for row in rows]
    columns = ["worker", "state", "executes", "queues", "version", "differs", "started_at"]
    print_rows(shown, columns, "no worker lives: start one with spine worker run", as_json=as_json)


def _described(row: dict[str, Any], own: Mapping[str, str] | None) -> dict[str, Any]:
    from spine.core.hashing import hash_json

    return {
        **row,
        "state": "stopping" if row["stopping_at"] else "working",
        "version": hash_json(row["workflows"])[:8],
        "differs": None if own is None else sorted(dict(own.items() ^ row["workflows"].items())),
    }


def _in_short(row: dict[str, Any]) -> dict[str, Any]:
    host, pid, _start = row["process"].rsplit("/", 2)
    names = ["unknown"] if row["differs"] is None else row["differs"]
    few, more = names[:2], names[2:]
    return {
        **row,
        "worker": f"{host.rsplit('.', 2)[0]}/{pid}",
        "executes": f"{len(row['runs'])} of {row['concurrency']}",
        "queues": ", ".join(row["queues"]),
        "differs": ", ".join([*few, f"{len(more)} more"] if more else few),
    }
