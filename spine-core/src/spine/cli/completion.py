"""Completion in shells: the names of a project as values of arguments and options."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spine.cli.examples import leaves
from spine.cli.output import plain

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

    from spine.project import Project

_SECONDS = 5.0  # a database that is away, or a module that waits, must not hold up the prompt
_NEWEST = 50
_CAPTURES = 1000
_SHOWN_OF_ID = 8
_WITH_IDS = ("run", "alert", "backfill")


def script(cli: click.Command, shell: str) -> str:
    """Return the script that makes `shell` complete `spine`."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    if found is None:
        raise click.UsageError(f"there is no completion for {shell}")
    return found(cli, {}, "spine", "_SPINE_COMPLETE").source()


def complete_names(command: click.Command, path: str) -> None:
    """Make the parameters of `command`, and of each command below it, that take names of a project complete them."""
    for name, leaf in leaves(path, command):
        for parameter in leaf.params:
            kind = _kind(name, parameter.name or "")
            if kind is not None and isinstance(parameter.type, click.types.StringParamType):
                parameter.type = _Name(kind)


def _kind(path: str, parameter: str) -> str | None:
    """Return what a parameter names: those called `name` what their group is about."""
    if path in ("plugins new", "schedules add", "emit") and parameter == "name":
        return None
    group, _, verb = path.partition(" ")
    if parameter == "name":
        parameter = "channel" if path == "alerts test" else group.removesuffix("s")
    if parameter == "before":
        parameter = "run"
    return parameter if parameter in _NAMES and verb != "state list" else None


class _Name(click.types.StringParamType):
    """A text that is completed to a name of the project."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    def shell_complete(self, ctx: click.Context, param: click.Parameter, incomplete: str) -> list[CompletionItem]:
        """Return the names that begin as what is typed; none without a project, or when they take too long."""
        from click.shell_completion import CompletionItem

        found = _found(ctx.find_root().params.get("project"), self._kind)
        if self._kind in _WITH_IDS:
            found = _short(found, incomplete)
        items = [(plain(name), plain(about)) for name, about in found if name.startswith(incomplete)]
        return [CompletionItem(name, help=about or None) for name, about in items]


def _short(found: Sequence[tuple[str, str]], incomplete: str) -> Sequence[tuple[str, str]]:
    """Return `latest` and the ends of ids, as tables show them; the whole ids for the beginning of one."""
    if incomplete and any(whole.startswith(incomplete) for whole, _ in found):
        return found
    return [("latest", found[0][1] if found else ""), *((whole[-_SHOWN_OF_ID:], about) for whole, about in found)]


def _found(folder: str | None, kind: str) -> Sequence[tuple[str, str]]:
    """Return the names of that kind, each with a word about it; user code that prints is not heard."""
    found: list[tuple[str, str]] = []

    def look() -> None:
        from spine.config.faults import Faults
        from spine.project import open_project

        with (
            suppress(Exception, SystemExit),  # quiet: the command itself tells what is wrong
            open_project(Path(folder) if folder else None, os.environ, faults=Faults(collected=True)) as project,
        ):
            found.extend(_NAMES[kind](project))

    with Path(os.devnull).open("w", encoding="utf-8") as nowhere, redirect_stdout(nowhere), redirect_stderr(nowhere):
        thread = threading.Thread(target=look, daemon=True)
        thread.start()
        thread.join(_SECONDS)
    return list(found)


def _workflows(_project: Project) -> Iterator[tuple[str, str]]:
    from spine.orchestration import workflow_registry

    for name in workflow_registry.list_workflows():
        yield name, workflow_registry.get(name).description


def _pipelines(_project: Project) -> Iterator[tuple[str, str]]:
    from spine.framework.pipelines import pipeline_registry

    for name in pipeline_registry.list_pipelines():
        yield name, pipeline_registry.get(name).description


def _sources(project: Project) -> Iterator[tuple[str, str]]:
    return ((row["name"], row["source_type"]) for row in project.sources.list())


def _schedules(project: Project) -> Iterator[tuple[str, str]]:
    declared = project.application.settings.schedules
    added = project.application.recorded_schedules.list_schedules() if _has_history(project) else []
    return ((name, "") for name in sorted({*declared, *(record.name for record in added)}))


def _channels(project: Project) -> Iterator[tuple[str, str]]:
    return ((name, channel.type) for name, channel in sorted(project.application.settings.channels.items()))


def _captures(project: Project) -> Iterator[tuple[str, str]]:
    found = project.captures.list(limit=_CAPTURES) if _has_history(project) else []
    return ((name, "") for name in sorted({capture.name for capture in found}))


def _runs(project: Project) -> Iterator[tuple[str, str]]:
    if _has_history(project):
        yield from _of_ids(project.runs.list(limit=_NEWEST).rows, "run_id", "workflow_name", "status")


def _alerts(project: Project) -> Iterator[tuple[str, str]]:
    if _has_history(project):
        yield from _of_ids(project.alerts.list(limit=_NEWEST), "id", "severity", "title")


def _backfills(project: Project) -> Iterator[tuple[str, str]]:
    if _has_history(project):
        yield from _of_ids(project.backfills.list(None, limit=_NEWEST), "id", "workflow_name", "status")


def _has_history(project: Project) -> bool:
    """Return False for a database that does not exist yet: to complete a line makes none."""
    return project.application.databases.readable() is not None


def _of_ids(rows: Sequence[Any], key: str, *about: str) -> Iterator[tuple[str, str]]:
    for row in rows:
        yield row[key], " ".join(str(row[name]) for name in about)


_NAMES: dict[str, Callable[[Project], Iterator[tuple[str, str]]]] = {
    "workflow": _workflows,
    "pipeline": _pipelines,
    "source": _sources,
    "capture": _captures,
    "schedule": _schedules,
    "channel": _channels,
    "run": _runs,
    "alert": _alerts,
    "backfill": _backfills,
}
