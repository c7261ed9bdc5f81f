"""Report of a run: one HTML file without a script, which opens offline."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment
from markupsafe import Markup

from spine.core.clock import utc_now
from spine_board.run_view import settings, versions, view_run
from spine_board.templating import make_environment
from spine_board.text import milliseconds

if TYPE_CHECKING:
    from spine.project import Project

_SHEETS = ("board.css", "drawing.css", "report.css")


class HtmlReport:
    """Writer of reports as HTML."""

    def render(self, project: Project, run_id: str) -> bytes:
        """Return the report of a run as the bytes of a file."""
        seen = view_run(project, run_id)
        written = (
            _environment()
            .get_template("report.html")
            .render(
                **seen,
                project_name=project.name,
                verdict=_verdict(seen["run"]),
                versions=versions(),
                settings=settings(project),
                css=_css(),
                written_at=utc_now(),
            )
        )
        return written.encode("utf-8", "replace")


def exact(value: datetime | None) -> str:
    """Return a time in UTC: a report is read elsewhere, and later."""
    return "–" if value is None else value.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")  # noqa: RUF001 # a dash


def _environment() -> Environment:
    environment = make_environment()
    environment.globals["offline"] = True
    environment.filters["moment"] = exact
    environment.filters["setting"] = _setting
    return environment


def _setting(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _css() -> Markup:
    folder = files("spine_board") / "static"
    return Markup("\n".join((folder / name).read_text(encoding="utf-8") for name in _SHEETS))  # noqa: S704 - our own


def _verdict(run: Mapping[str, Any]) -> str:
    """Return what became of a run, as a sentence."""
    took = "" if run["duration_ms"] is None else f" after {milliseconds(run['duration_ms'])}"
    if run["error"]:
        at = f"at step {run['error_step']}" if run["error_step"] else ""
        return f"{at}{took}: {run['error']}".strip()
    if run["outcome"] == "unchanged":
        return f"{took.strip()}, its sources were unchanged".strip(", ")
    if run["completed_at"] is None:
        return "has not ended"
    return f"{run['completed_steps']} of {run['total_steps']} steps{took}"
