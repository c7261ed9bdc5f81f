"""`spine runs report`: a run as a file to send or to keep."""

from __future__ import annotations

from pathlib import Path

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_json
from spine.cli.session import Session
from spine.core.errors import StorageError
from spine.core.ids import new_id


@click.command()
@click.argument("run")
@click.option(
    "--html",
    "path",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    metavar="FILE",
    help="The file to write, as HTML that opens offline.",
)
@json_option
@click.pass_obj
def report(session: Session, run: str, path: Path, as_json: bool) -> None:
    """Write the report of RUN as one file: an id, a part of one, or `latest`.

    It shows steps, rows in and out, rejects, checks, differences of captures, lineage, and the failure and the end of
    the log; needs spine-board.
    """
    with session.open_history(with_modules=False) as project:
        found = project.runs.find(run)
        written = project.runs.report(found["run_id"])
        _replace(path, written)
    if as_json:
        shown = {"run_id": found["run_id"], "format": "html", "path": str(path), "byte_count": len(written)}
        print_json(shown)
    else:
        click.echo(f"wrote {plain(str(path))}")


def _replace(path: Path, content: bytes) -> None:
    """Write a file that keeps its old content until all of the new one is there."""
    draft = path.with_name(f".{path.name}.{new_id()}.tmp")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}", cause=error) from error
    finally:
        draft.unlink(missing_ok=True)
