"""`spine sources fetch`, `preview` and `check`: read a source by hand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.cells import plain
from spine.cli.output import as_written, json_option, print_fields, print_json, print_rows, seconds
from spine.cli.session import Session
from spine.core.masking import hide_secrets

if TYPE_CHECKING:
    from spine.core.errors import SpineError
    from spine.framework.sources import SourceResult

_CHECKED_ROWS = 100


@click.command()
@click.argument("name")
@params_option("A parameter of the fetch. May be repeated.")
@click.option("--to", type=click.Path(dir_okay=False, path_type=Path), help="Write the rows to this file.")
@json_option
@click.pass_obj
def fetch(session: Session, name: str, params: dict[str, Any], to: Path | None, as_json: bool) -> int:
    """Fetch source NAME once and show the result.

    The suffix of the file selects its format: .csv, .json, .jsonl or .parquet. For a file the source is asked for all
    of its data, also where they did not change, and its cursor moves once the file is written.
    """
    from spine.cli.waiting import waiting

    with session.open(), waiting(f"fetching {name}", quiet=session.quiet):
        result, written = (_fetched(name, params), {}) if to is None else _fetched_into(to, name, params)
    found = result.metadata.to_dict() if result.metadata else {}
    if as_json:
        print_json({**found, **({"to": str(to)} if to else {}), **written})
        return 0
    print_fields(
        {
            "source": name,
            "rows": found.get("row_count"),
            "bad rows": found.get("bad_row_count"),
            "bytes": found.get("bytes_fetched"),
            "changed": found.get("content_changed"),
            "sha256": found.get("content_hash"),
            "from": found.get("path") or found.get("url"),
            "duration": seconds(round(found.get("duration_ms") or 0)),
            "written to": str(to) if to else None,
            "NaN as null": ", ".join(written.get("nan_as_null", ())) or None,
            "as JSON text": ", ".join(written.get("json_text", ())) or None,
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
    """Show the first rows of source NAME, and on stderr the bad ones among them; nothing is recorded."""
    from spine.framework.rejects import Reject
    from spine.framework.work import Work, use_work

    work = Work(dry_run=True)
    with session.open(), use_work(work):
        rows, fault = _beginning(name, params, count)
    for reject in [staged for staged in work.staged if isinstance(staged, Reject)]:
        place = f"{reject.location}, line {reject.line_number}"
        click.echo(plain(hide_secrets(f"bad row: {place}: {reject.reason}: {reject.raw}")), err=True)
    if fault is not None:
        click.echo(f"Warning: a fetch fails: {plain(hide_secrets(str(fault)))}", err=True)
    shown = rows if as_json else as_written(rows)
    print_rows(shown, list(rows[0]) if rows else [], "no rows", as_json=as_json, is_data=True)


@click.command()
@click.argument("name", required=False)
@params_option("A parameter of the fetch. May be repeated.")
@json_option
@click.pass_obj
def check(session: Session, name: str | None, params: dict[str, Any], as_json: bool) -> int:
    """Check that source NAME, or each source, can be read; exits 1 if one cannot.

    It reads the first 100 rows, and of a source that has fewer all, as a fetch does: too many bad ones are a fault.

    A source with placeholders needs their values: -p week=2025-12-15.
    """
    from spine.app.checks.check import in_one_line
    from spine.framework.sources import source_registry
    from spine.framework.work import Work, use_work

    rows: list[dict[str, Any]] = []
    fault: Exception | None
    with session.open(), use_work(Work(dry_run=True)):
        for source in [name] if name else source_registry.list_sources():
            try:
                _, fault = _beginning(source, params, _CHECKED_ROWS)
            except Exception as error:  # noqa: BLE001 - the code of one source must not hide the result of the others
                fault = error
            problem = None if fault is None else hide_secrets(f"{in_one_line(fault)}{_advice(source, fault)}")
            rows.append({"name": source, "ok": fault is None, "problem": problem})
    print_rows(rows, ["name", "ok", "problem"], "no sources", as_json=as_json)
    return 0 if all(row["ok"] for row in rows) else 1


def _advice(name: str, error: Exception) -> str:
    """Return the command that gives the value of a placeholder, where that is what the check lacks."""
    from spine.core.errors import ValidationError

    if not isinstance(error, ValidationError) or error.field is None or error.value is not None:
        return ""
    return f"; give it: spine sources check {name} -p {error.field}=VALUE"


def _fetched(name: str, params: dict[str, Any]) -> SourceResult:
    from spine.core.errors import SourceError
    from spine.framework.sources import source_registry

    result = source_registry.get(name).fetch(params)
    if not result.success:
        raise result.error or SourceError(f"source {name!r} failed without an error")
    return result


def _fetched_into(to: Path, name: str, params: dict[str, Any]) -> tuple[SourceResult, dict[str, list[str]]]:
    from spine.cli.row_file import write_rows
    from spine.core.scope import current_scope
    from spine.framework.dispatcher import ScopedStagedStore, StagedStore
    from spine.framework.work import Work, use_work

    with use_work(Work(refresh=True)) as work:
        result = _fetched(name, params)
    written = write_rows(result, to)
    current_scope().get(StagedStore, ScopedStagedStore).commit(work.staged)  # type: ignore[type-abstract]  # a key
    return result, written.to_dict()


def _beginning(name: str, params: dict[str, Any], count: int) -> tuple[list[dict[str, Any]], SpineError | None]:
    """Return the first rows of a source, and the error of its end if it ends among them."""
    from contextlib import closing

    from spine.framework.sources import StreamingSource, source_registry
    from spine.framework.sources.source import source_error

    source = source_registry.get(name)
    if isinstance(source, StreamingSource) and source.supports_streaming:
        rows: list[dict[str, Any]] = []
        try:
            with closing(source.stream(params, count)) as batches:  # type: ignore[type-var]  # a generator
                rows = next(batches, [])
                if len(rows) < count:
                    next(batches, None)
        except Exception as error:
            fault = source_error(source, error)
            if not rows:
                raise fault from error
            return rows, fault
        return rows, None
    return list(next(iter(_fetched(name, params).stream(count)), [])), None
