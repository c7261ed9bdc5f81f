"""`spine captures lineage` and `stale`: what captures were made from."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from spine.cli.assignments import params_option
from spine.cli.cells import plain
from spine.cli.output import json_option, print_json, print_table
from spine.cli.session import Session

if TYPE_CHECKING:
    from spine.framework.lineage.graph import LineageGraph


@click.command()
@click.argument("name")
@params_option("A part of the partition. May be repeated.")
@click.option("--revision", type=click.IntRange(1), help="Which revision (default: the current one).")
@click.option("--up/--down", "is_up", default=True, help="What it was made from, or what was made from it.")
@click.option("--mermaid", is_flag=True, help="Print a diagram in the notation of Mermaid.")
@json_option
@click.pass_obj
def lineage(
    session: Session,
    name: str,
    params: dict[str, Any],
    revision: int | None,
    is_up: bool,
    mermaid: bool,
    as_json: bool,
) -> None:
    """Show the captures, fetches and tables that capture NAME was made from, or that were made from it."""
    with session.open_history() as project:
        graph = project.captures.lineage(name, "up" if is_up else "down", partition=params or None, revision=revision)
    if as_json:
        print_json(graph.to_dict())
    elif mermaid:
        click.echo("\n".join(_mermaid(graph)))
    else:
        for root in graph.roots:
            click.echo("\n".join(_tree(graph, root)))
        if not graph.links:
            what = "it was captured by no run" if is_up else "no step has read it"
            click.echo(f"  {what}")


@click.command()
@click.argument("name", required=False)
@json_option
@click.pass_obj
def stale(session: Session, name: str | None, as_json: bool) -> None:
    """List captures of which an input has a newer revision than the one that they were made from.

    Below are those that were made from these: they are stale in turn, once these are made anew.
    """
    with session.open_history() as project:
        found = [{**capture.to_dict(), "in_turn": False} for capture in project.captures.stale(name)]
        found += [{**capture.to_dict(), "in_turn": True} for capture in project.captures.stale_in_turn(name)]
    if as_json:
        print_json(found)
        return
    direct = _rows([row for row in found if not row["in_turn"]])
    following = _rows([row for row in found if row["in_turn"]])
    if direct or not following:
        print_table(direct, ["name", "partition", "revision", "input", "of", "read", "current"], "no capture is stale")
    if following:
        click.echo(("\n" if direct else "") + "stale in turn, once their inputs are made anew:")
        print_table(following, ["name", "partition", "revision", "input", "of", "read"], "")
    if found:
        click.echo("make them anew: spine run --stale")


def _rows(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [
        {
            "name": row["name"],
            "partition": row["partition"],
            "revision": row["revision"],
            "input": source["name"],
            "of": source["partition"],
            "read": source["revision_read"],
            "current": source["current_revision"],
        }
        for row in found
        for source in row["inputs"]
    ]


def _tree(graph: LineageGraph, root: str) -> list[str]:
    """Return the lines of a graph as a tree below `root`; what was shown before is not shown below again."""
    lines: list[str] = []
    shown: set[str] = set()
    waiting = [(root, 0)]
    while waiting:
        node, depth = waiting.pop()
        beyond = graph.beyond(node)
        again = " (see above)" if node in shown and beyond else ""
        lines.append(f"{'  ' * depth}{plain(graph.nodes[node].label)}{again}")
        if node not in shown:
            waiting += [(following, depth + 1) for following in reversed(beyond)]
        shown.add(node)
    return lines


def _mermaid(graph: LineageGraph) -> list[str]:
    names = {node: f"n{number}" for number, node in enumerate(graph.nodes)}
    lines = ["flowchart LR"]
    for node in graph.nodes.values():
        left, right = ("([", "])") if node.kind == "step" else ("[", "]")
        label = json.dumps(plain(node.label)).replace("\\", "#92;").replace("<", "#lt;").replace(">", "#gt;")
        lines.append(f"    {names[node.id]}{left}{label}{right}")
    return lines + [f"    {names[source]} --> {names[target]}" for source, target in graph.links]
