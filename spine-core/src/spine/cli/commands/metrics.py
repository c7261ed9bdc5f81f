"""`spine metrics`: the metrics of the project for Prometheus."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spine.cli.output import json_option, print_json
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.storage.metrics.family import Family


@click.command()
@click.option(
    "--to",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Replace FILE at once: for the textfile collector of node_exporter.",
)
@json_option
@click.pass_obj
def metrics(session: Session, to: Path | None, as_json: bool) -> None:
    """Print the metrics of the project for Prometheus.

    They are in its text format, version 0.0.4. Counters count what happened since midnight in UTC, so that they cost
    the same however long the history is. A scheduler or a worker with --health answers with the same at /metrics.
    """
    from spine.app.metrics import read_families
    from spine.storage.metrics.text import exposition

    with session.open_history(with_modules=False) as project:
        found = read_families(project.application)
    text = exposition(found)
    if to is not None:
        _write(to, text)
    if as_json:
        print_json(_rows(found))
    elif to is None:
        click.echo(text, nl=False)


def _rows(families: Sequence[Family]) -> list[dict[str, object]]:
    return [
        {
            "name": family.name,
            "type": family.kind,
            "help": family.help,
            "samples": [
                {"name": family.name + sample.suffix, "labels": dict(sample.labels), "value": float(sample.value)}
                for sample in family.samples
            ],
        }
        for family in families
    ]


def _write(path: Path, text: str) -> None:
    """Replace a file by one with the whole text: a collector must not read a half of it."""
    from spine.core.errors import StorageError
    from spine.core.ids import new_id

    draft = path.with_name(f".{path.name}.{new_id()}.tmp")
    try:
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(path)
    except OSError as error:
        said = f"{path} cannot be written: {error.strerror or error}: give --to a file in a folder that can be written"
        raise StorageError(said, cause=error) from error
    finally:
        draft.unlink(missing_ok=True)
