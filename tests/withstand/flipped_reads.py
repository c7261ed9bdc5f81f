"""Reads of a project whose database has a flipped bit."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from traceback import extract_tb
from typing import Any

from attrs import define, field

from spine.core.errors import SpineError
from spine.framework.captures import read_capture
from spine.framework.sources.state import read_state
from spine.project import Project, open_project
from spine.storage.check import check_store


@define
class Flips:
    """Number of flips after which all was read as before, was refused, or found by the check only; and the others.

    `other` are those after which a reader told something else and nothing found it, `untyped` have errors that are not
    Spine's, or of more than one sentence.
    """

    same: int = 0
    refused: int = 0
    found_by_check: int = 0
    other: list[str] = field(factory=list)
    untyped: list[str] = field(factory=list)

    def count(self, found: dict[str, Any], sound: dict[str, Any], where: str) -> None:
        """Count what the readers said of a flipped file, compared with what they said of the sound one."""
        errors = [said for said in found.values() if isinstance(said, Exception)]
        self.untyped += [f"{where}: {_place(error)}" for error in errors if not _is_one_sentence(error)]
        told = [name for name, said in found.items() if said != sound.get(name)]
        if errors:
            self.refused += 1
        elif "check" in told:
            self.found_by_check += 1
        elif told:
            self.other.append(f"{where}: {', '.join(told)}")
        else:
            self.same += 1


def read_all(folder: Path, run_ids: Sequence[str]) -> dict[str, Any]:
    """Return what each reader of the project says, or its exception."""
    found: dict[str, Any] = {}
    try:
        with open_project(folder) as project:
            for name, reader in _readers(project, run_ids):
                found[name] = _said(reader)
    except Exception as error:
        found["open"] = error
    return found


def _readers(project: Project, run_ids: Sequence[str]) -> Iterator[tuple[str, Callable[[], Any]]]:
    runs, alerts = project.runs, project.alerts
    yield "runs", lambda: runs.list(limit=100).rows
    for run_id in run_ids:
        for read in (runs.find, runs.steps, runs.items, runs.events, runs.logs, runs.captures, runs.fetches):
            yield f"{read.__name__} of {run_id}", partial(read, run_id)
    yield "captures", lambda: [capture.to_dict() for capture in project.captures.list()]
    yield "content", lambda: read_capture("raw").data
    yield "alerts", alerts.list
    yield "deliveries", lambda: alerts.history(limit=100)
    yield "channels", alerts.channels
    yield "schedules", project.schedules.list
    yield "ticks", project.schedules.history
    yield "sources", project.sources.list
    yield "cursor", lambda: read_state("rows")
    yield "check", lambda: check_store(project.application.history, project.application.payloads)


def _said(reader: Callable[[], Any]) -> Any:
    try:
        return reader()
    except Exception as error:
        return error


def _is_one_sentence(error: Exception) -> bool:
    return isinstance(error, SpineError) and bool(str(error)) and "\n" not in str(error)


def _place(error: Exception) -> str:
    """Return the error, and where in Spine it was raised."""
    places = [f"{Path(frame.filename).name}:{frame.name}" for frame in extract_tb(error.__traceback__)]
    return f"{type(error).__name__}: {error} ({' < '.join(reversed(places[-6:]))})"
