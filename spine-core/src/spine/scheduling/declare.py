"""Schedules as `spine.toml` declares them, in `[schedules.NAME]`."""

from __future__ import annotations

import os
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

import attrs

from spine.config.environment import told_by
from spine.config.references import find_reference, resolve
from spine.config.settings import Settings
from spine.config.structure import structure
from spine.core.errors import ConfigError, InvalidConfigError, ScheduleError
from spine.core.suggest import did_you_mean
from spine.scheduling.schedule import Schedule

KEYS = tuple(field.name for field in attrs.fields(Schedule) if field.init and field.name != "name")


def read_schedules(
    settings: Settings, environ: Mapping[str, str] = os.environ, now: datetime | None = None
) -> dict[str, Schedule]:
    """Return the project's schedules by name; raise a ConfigError that names file, schedule and key for a fault.

    With `now`, a schedule that will never fire again is a fault too.
    """
    return {name: _read(name, table, settings, environ, now) for name, table in settings.schedules.items()}


def read_schedule(name: str, table: Mapping[str, Any], where: str, now: datetime | None = None) -> Schedule:
    """Return the schedule that `table` declares, references resolved; `where` is its place, for error messages."""
    for key, value in table.items():
        if key not in KEYS:
            raise ConfigError(f"{where}: unknown key {key!r}{told_by(value)}{did_you_mean(key, KEYS)}")
    times = {key: table[key].isoformat() for key in ("at", "anchor") if isinstance(table.get(key), (datetime, date))}
    schedule = structure({**table, **times, "name": name}, Schedule, where)
    if now is not None:
        check_future(schedule, now, where)
    return schedule


def check_future(schedule: Schedule, now: datetime, where: str) -> None:
    """Raise a ConfigError for a schedule that never fires after `now`."""
    try:
        schedule.check_future(now)
    except ScheduleError as error:
        raise InvalidConfigError(f"{where}.at", schedule.at, f"{where}: {error}", cause=error) from error


def _read(
    name: str, table: Mapping[str, Any], settings: Settings, environ: Mapping[str, str], now: datetime | None
) -> Schedule:
    where = f"{settings.place}: schedules.{name}"
    place = find_reference(table.get("params"), f"{where}.params")
    if place is not None:
        raise ConfigError(
            f"{place} is a reference, and parameters are stored and shown with every run: "
            "write the value itself, and give secrets to a source or a channel"
        )
    return read_schedule(name, resolve(dict(table), where, settings.root, environ), where, now)
