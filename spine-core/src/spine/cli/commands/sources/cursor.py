"""`spine sources state`: cursors of incremental sources, and states that code keeps with `write_state`."""

from __future__ import annotations

import json
from typing import Any

import click

from spine.cli.cells import plain
from spine.cli.output import json_option, print_fields, print_json, print_rows
from spine.cli.session import Session
from spine.core.errors import SpineError


@click.group()
def state() -> None:
    """Cursors of incremental sources, and states that code keeps."""


@state.command("list")
@json_option
@click.pass_obj
def list_(session: Session, as_json: bool) -> None:
    """List the stored states: the cursors of sources, and those that code keeps with write_state."""
    from spine.framework.sources.state import state_store

    with session.open():
        rows = [
            {
                "name": found.source_name,
                "value": found.value["value"],
                "run_id": found.run_id,
                "updated_at": found.updated_at,
            }
            for found in state_store().list_states()
        ]
    print_rows(rows, ["name", "value", "updated_at", "run_id"], "no state is stored yet", as_json=as_json)


@state.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the last value of the cursor of source NAME, or of the state NAME that code keeps."""
    from spine.framework.sources.state import state_store

    with session.open():
        found = state_store().get(name)
        has_cursor = found is not None or _has_cursor(name)
    shown = {
        "source": name,
        "value": found.value["value"] if found else None,
        "run_id": found.run_id if found else None,
        "updated_at": found.updated_at if found else None,
    }
    if as_json:
        print_json(shown)
    elif has_cursor:
        print_fields({**shown, "value": shown["value"] if found else "none yet: the next fetch begins with `initial`"})
    else:
        click.echo(f"{_without_cursor(name)}; spine sources state list has what is stored")


@state.command()
@click.argument("name")
@json_option
@click.pass_obj
def reset(session: Session, name: str, as_json: bool) -> None:
    """Delete the cursor of source NAME: the next fetch starts from `initial`."""
    from spine.framework.sources.state import state_store

    with session.open():
        forgotten = state_store().delete(name)
        has_cursor = forgotten or _has_cursor(name)
    if as_json:
        print_json({"source": name, "forgotten": forgotten})
    elif has_cursor:
        click.echo(f"{name}: {'cursor deleted' if forgotten else 'there was no cursor'}")
    else:
        click.echo(_without_cursor(name))


@state.command("set")
@click.argument("name")
@click.argument("value")
@click.option(
    "--type",
    "kind",
    type=click.Choice(["str", "int", "float", "decimal", "date", "datetime"]),
    help="The type of VALUE; without it that of the present value, or of a JSON number or text.",
)
@json_option
@click.pass_obj
def set_(session: Session, name: str, value: str, kind: str | None, as_json: bool) -> None:
    """Set the cursor of source NAME, or the state NAME that code keeps: the next fetch starts after VALUE."""
    from spine.framework.sources.state import SourceState, decode, encode, state_store

    with session.open():
        store = state_store()
        present = store.get(name)
        if present is None and not _has_cursor(name):
            raise click.UsageError(_without_cursor(name))
        kind = kind or (present.value["type"] if present else None)
        stored = _stored(value, kind)
        try:
            encode(decode(stored))
        except (ValueError, ArithmeticError, SpineError) as error:
            raise click.BadParameter(f"{value!r} is no {stored['type']}: {error}") from error
        store.commit([SourceState(name, stored)])
    if as_json:
        print_json({"source": name, "value": stored["value"]})
    else:
        click.echo(f"{name}: the next fetch begins after {plain(str(stored['value']))}")


def _has_cursor(name: str) -> bool:
    """Return True if the source has a cursor; UnknownSourceError for a name that is none of a source."""
    from spine.framework.sources import source_registry

    return bool(getattr(source_registry.get(name), "has_cursor", False))


def _without_cursor(name: str) -> str:
    return f"source {name!r} has no cursor: every fetch reads all of it"


def _stored(value: str, kind: str | None) -> dict[str, Any]:
    if kind in ("int", "float") or kind is None:
        try:
            number = json.loads(value)
        except json.JSONDecodeError:
            number = None
        if isinstance(number, (int, float)) and not isinstance(number, bool):
            return {"type": kind or type(number).__name__, "value": number}
        if kind is not None:
            raise click.BadParameter(f"{value!r} is no {kind}")
    return {"type": kind or "str", "value": value}
