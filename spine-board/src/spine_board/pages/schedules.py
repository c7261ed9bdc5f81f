"""Schedules: ticks that were and that come on a time line, and of one its rules and times."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from spine.core.errors import SpineError
from spine_board.asked import Sorting
from spine_board.drawing import draw_timeline
from spine_board.pages.page import Page, PageContext
from spine_board.pages.part import part_of
from spine_board.states import LATE
from spine_board.text import link

if TYPE_CHECKING:
    from spine.project import Project
    from spine_board.asked import Asked

WINDOWS = {"6h": 6, "day": 24, "week": 168, "month": 720}
_LANES = 100
_TICKS = 60  # of a schedule, before and after now
_MARKS = 30  # of a schedule on the time line, before and after now: more would cover one another
_COMING = 20
_HISTORY = 500
_BY_NEED = (*LATE, "RUNNING", "PENDING", "COMPLETED", "COMING")
Row = dict[str, Any]


def schedules(project: Project, asked: Asked) -> PageContext:
    """Return the schedules, their ticks around now, and those that were missed or failed with the reason."""
    records = project.schedules.list()
    window = asked.choice("window", tuple(WINDOWS), "day")
    now, around = project.now(), timedelta(hours=WINDOWS[window])
    past = {each.name: _past(project, each, now - around) for each in records[:_LANES]}
    coming = {each.name: _coming(project, each, now + around, _TICKS) for each in records[:_LANES] if each.is_active}
    late = _late(project, now - around)
    ticks = [tick for rows in (*past.values(), late, *(rows for rows, _fault in coming.values())) for tick in rows]
    rows = [{**_row(each, now), "fault": coming.get(each.name, ((), ""))[1]} for each in records]
    columns = ("name", "target_name", "when", "timezone", "state", "next_run_at", "last_run_at", "last_run_status")
    sorting = Sorting.of(asked, columns)
    late_order = Sorting.of(asked, ("lane", "at", "state", "why"), "-at", "late")
    active = sum(each.is_active for each in records)
    return {
        "unwatched": active if active and not project.schedules.schedulers().living() else 0,
        "rows": sorting.apply(rows),
        "sorting": sorting,
        "window": window,
        "windows": tuple(WINDOWS),
        "timeline": draw_timeline(
            _in_lanes(_thinned(ticks, around / _MARKS), records),
            now=now,
            start=now - around,
            end=now + around,
            link=_run_of,
        ),
        "most_ticks": _TICKS,
        "late": part_of(late_order.apply(late), asked, 100),
        "late_order": late_order,
    }


def schedule(project: Project, asked: Asked) -> PageContext:
    """Return a schedule with its rules, its next times and its ticks."""
    record = project.schedules.get(asked.path["name"])
    coming, fault = _coming(project, record, None, _COMING)
    ticks = [_tick(tick) for tick in project.schedules.history(record.name, limit=_HISTORY)]
    sorting = Sorting.of(asked, ("at", "state", "started_at", "completed_at", "run_id", "why"), "-at")
    left_out = ("workflow", "pipeline", "timezone", "params", "cron", "every", "at")
    return {
        "schedule": _row(record, project.now()),
        "record": record,
        "rules": {key: value for key, value in record.definition.items() if key not in left_out},
        "coming": coming,
        "fault": fault,
        "part": part_of(sorting.apply(ticks), asked, 100),
        "sorting": sorting,
    }


def _row(record: Any, now: datetime) -> Row:
    names = ("name", "target_type", "target_name", "timezone", "last_run_at", "last_run_status", "gone_at", "paused_at")
    facts = {name: getattr(record, name) for name in names}
    return {
        **facts,
        "when": record.when,
        "state": record.state,
        "next_run_at": record.next_run_at if record.is_active else None,
        "is_late": record.is_overdue(now),
    }


def _past(project: Project, record: Any, since: datetime) -> list[Row]:
    return [_tick(tick) for tick in project.schedules.history(record, since=since, limit=_TICKS)]


def _late(project: Project, since: datetime) -> list[Row]:
    """Return the ticks of all schedules that did not complete, however many others were since."""
    found = project.schedules.history(since=since, status=LATE, limit=_HISTORY)
    return [_tick(tick) for tick in found]


def _tick(tick: Any) -> Row:
    return {
        "lane": tick.schedule_name,
        "at": tick.scheduled_at,
        "state": tick.status.value,
        "run_id": tick.run_id,
        "started_at": tick.started_at,
        "completed_at": tick.completed_at,
        "why": tick.error or tick.skip_reason,
    }


def _coming(project: Project, record: Any, until: datetime | None, most: int) -> tuple[list[Row], str]:
    """Return the ticks to come, and the fault of a calendar or a declaration that does not tell them."""
    try:
        found = project.schedules.upcoming(record, most, until=until)
    except SpineError as error:
        return [], str(error)
    rows = [
        {
            "lane": record.name,
            "at": moment.utc,
            "local": moment.local,
            "state": "SKIPPED" if moment.blackout else "COMING",
            "run_id": None,
            "why": ", ".join(filter(None, (moment.mark, moment.moved, moment.blackout))),
        }
        for moment in found
    ]
    return rows, ""


def _thinned(ticks: Iterable[Row], width: timedelta) -> list[Row]:
    """Return one tick for all of a schedule that are within one mark of the time line: that which needs a look."""
    marks: dict[tuple[str, bool, int], list[Row]] = {}
    for tick in ticks:
        mark = tick["lane"], tick["state"] == "COMING", int(tick["at"].timestamp() / width.total_seconds())
        marks.setdefault(mark, []).append(tick)
    found = []
    for near in marks.values():
        first = min(near, key=lambda tick: _BY_NEED.index(tick["state"]))
        label = first["lane"] if len(near) == 1 else f"{first['lane']}, {len(near):,} ticks"
        found.append({**first, "label": label})
    return found


def _in_lanes(ticks: Iterable[Row], records: Sequence[Any]) -> list[Row]:
    """Return ticks in the order of the schedules, which is that of the lanes."""
    place = {record.name: number for number, record in enumerate(records)}
    return sorted(ticks, key=lambda tick: (place.get(tick["lane"], len(place)), tick["at"]))


def _run_of(tick: Mapping[str, Any]) -> str:
    return link("runs", tick["run_id"]) if tick["run_id"] else link("schedules", tick["lane"])


PAGES = [
    Page("/schedules", "schedules.html", schedules, menu="Schedules"),
    Page("/schedules/{name}", "schedule.html", schedule),
]
