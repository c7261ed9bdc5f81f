"""`spine sources state`: cursors of incremental sources."""

from __future__ import annotations

import json
from typing import Any

import click

from spine.cli.output import json_option, plain, print_fields, print_json
from spine.cli.session import Session


@click.group()
def state() -> None:
    """Cursors of incremental sources."""


@state.command()
@click.argument("name")
@json_option
@click.pass_obj
def show(session: Session, name: str, as_json: bool) -> None:
    """Show the last value of source NAME's cursor."""
    from spine.framework.sources import source_registry
    from spine.framework.sources.state import state_store

    with session.open():
        source_registry.get(name)
        found = state_store().get(name)
    value = found.value["value"] if found else None
    shown = {
        "source": name,
        "value": value,
        "run_id": found.run_id if found else None,
        "updated_at": found.updated_at if found else None,
    }
    if as_json:
        print_json(shown)
    else:
        print_fields({**shown, "value": "none yet: the next fetch begins with `initial`" if found is None else value})


@state.command()
@click.argument("name")
@json_option
@click.pass_obj
def reset(session: Session, name: str, as_json: bool) -> None:
    """Delete the cursor of source NAME: the next fetch starts from `initial`."""
    from spine.framework.sources import source_registry
    from spine.framework.sources.state import state_store

    with session.open():
        source_registry.get(name)
        forgotten = state_store().delete(name)
    if as_json:
        print_json({"source": name, "forgotten": forgotten})
    else:
        click.echo(f"{name}: {'cursor deleted' if forgotten else 'there was no cursor'}")


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
    """Set the cursor of source NAME: the next fetch starts after VALUE."""
    from spine.framework.sources import source_registry
    from spine.framework.sources.state import SourceState, decode, state_store

    with session.open():
        source_registry.get(name)
        store = state_store()
        present = store.get(name)
        kind = kind or (present.value["type"] if present else None)
        stored = _stored(value, kind)
        try:
            decode(stored)
        except (ValueError, ArithmeticError) as error:
            raise click.BadParameter(f"{value!r} is no {stored['type']}: {error}") from error
        store.commit([SourceState(name, stored)])
    if as_json:
        print_json({"source": name, "value": stored["value"]})
    else:
        click.echo(f"{name}: the next fetch begins after {plain(str(stored['value']))}")


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
