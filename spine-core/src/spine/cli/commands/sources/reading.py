"""`spine sources fetch`, `preview` and `check`: read a source by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.output import json_option, print_fields, print_json, print_rows, seconds
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.sources import SourceResult


@click.command()
@click.argument("name")
@params_option("A parameter of the fetch. May be repeated.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to this file.")
@json_option
@click.pass_obj
def fetch(session: Session, name: str, params: dict[str, Any], to: Path | None, as_json: bool) -> int:
    """Fetch source NAME once and show the result.

    The suffix of the file selects its format: .csv, .json, .jsonl or .parquet.
    """
    from spine.cli.row_file import write_rows
    from spine.cli.waiting import waiting

    with session.open(), waiting(f"fetching {name}", quiet=session.quiet):
        result = _fetched(name, params)
        if to is not None:
            write_rows(result.table, to)
    found = result.metadata.to_dict() if result.metadata else {}
    if as_json:
        print_json({**found, **({"to": str(to)} if to else {})})
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
            "written to": str(to) if to else None,
        }
    )
    return 0


@click.command()
@click.argument("name")
@params_option("A parameter of the fetch. May be repeated.")
@click.option("-n", "count", type=click.IntRange(1), default=10, show_default=True, help="Number of rows.")
@json_option
@click.pass_obj
def preview(session: Session, name: str, params: dict[str, Any], count: int, as_json: bool) -> None:
    """Show the first rows of source NAME; nothing is recorded."""
    from spine.framework.work import Work, use_work

    with session.open(), use_work(Work(dry_run=True)):
        rows = _first_rows(name, params, count)
    print_rows(rows, list(rows[0]) if rows else [], "no rows", as_json=as_json)


@click.command()
@click.argument("name", required=False)
@params_option("A parameter of the fetch. May be repeated.")
@json_option
@click.pass_obj
def check(session: Session, name: str | None, params: dict[str, Any], as_json: bool) -> int:
    """Check that source NAME, or each source, can be read; exits 1 if one cannot. It reads the first rows."""
    from spine.core.errors import SpineError
    from spine.framework.sources import source_registry
    from spine.framework.work import Work, use_work

    rows: list[dict[str, Any]] = []
    with session.open(), use_work(Work(dry_run=True)):
        for source in [name] if name else source_registry.list_sources():
            try:
                _first_rows(source, params, 1)
                rows.append({"name": source, "ok": True, "problem": None})
            except SpineError as error:
                rows.append({"name": source, "ok": False, "problem": str(error)})
    print_rows(rows, ["name", "ok", "problem"], "no sources", as_json=as_json)
    return 0 if all(row["ok"] for row in rows) else 1


def _fetched(name: str, params: dict[str, Any]) -> SourceResult:
    from spine.core.errors import SourceError
    from spine.framework.sources import source_registry

    result = source_registry.get(name).fetch(params)
    if not result.success:
        raise result.error or SourceError(f"source {name!r} failed without an error")
    return result


def _first_rows(name: str, params: dict[str, Any], count: int) -> list[dict[str, Any]]:
    from contextlib import closing

    from spine.framework.sources import StreamingSource, source_registry

    source = source_registry.get(name)
    if isinstance(source, StreamingSource) and source.supports_streaming:
        with closing(source.stream(params, count)) as batches:  # type: ignore[type-var]  # a generator
            return next(iter(batches), [])
    return list(next(iter(_fetched(name, params).stream(count)), []))
