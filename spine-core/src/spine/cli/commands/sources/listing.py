"""`spine sources list`, `show` and `history`: declared sources and their fetches."""

from __future__ import annotations

import click

from spine.cli.output import json_option, print_fields, print_json, print_rows, print_table, seconds, shown_time
from spine.cli.session import Session


@click.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the sources."""
    with session.open_history() as project:
        rows = project.sources.list()
    columns = ["name", "source_type", "domain", "declared_in"]
    print_rows(rows, columns, 'no sources: declare one in spine.toml as [sources."name"]', as_json=as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the declaration of source NAME and its last fetch."""
    with session.open() as project:
        described, options = project.sources.describe(name), project.sources.options(name)
        last = project.sources.fetches(name, limit=1)
        found = {**described, "options": options, "last_fetch": last[0] if last else None}
    if as_json:
        print_json(found)
        return
    fetched = found["last_fetch"]
    plain = {key: value for key, value in options.items() if key not in ("type", "domain") and value not in (None, "")}
    print_fields(
        {
            "source": name,
            "type": found["source_type"],
            "domain": found["domain"],
            "declared in": found["declared_in"],
            **plain,
            "last fetch": f"{fetched['status']} {shown_time(fetched['started_at'])}" if fetched else "never",
        }
    )


@click.command()
@click.argument("name")
@click.option("-n", "--limit", type=click.IntRange(1), default=20, show_default=True, help="At most so many.")
@json_option
@click.pass_obj
def history(session: Session, name: str, limit: int, as_json: bool) -> None:
    """List the fetches of source NAME, the newest first."""
    with session.open_history() as project:
        rows = project.sources.fetches(name, limit=limit)
        if not rows:
            project.sources.describe(name)  # an error for a name that does not exist
    if as_json:
        print_json(rows)
        return
    shown = [{**row, "duration": seconds(row["duration_ms"])} for row in rows]
    columns = ["started_at", "status", "record_count", "byte_count", "duration", "content_hash", "run_id", "error"]
    print_table(shown, columns, "it has not been fetched yet")
