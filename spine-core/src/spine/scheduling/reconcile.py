"""Changes that a new set of declared schedules makes to the stored ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from attrs import evolve, frozen

from spine.core.errors import ConfigError
from spine.scheduling.record import DECLARED_FIELDS, ScheduleRecord


@frozen
class Changes:
    """Records to insert, and records to write over those of the same name: declared anew, or gone."""

    new: list[ScheduleRecord]
    changed: list[ScheduleRecord]
    gone: list[ScheduleRecord]

    def applied_to(self, kept: Iterable[ScheduleRecord]) -> list[ScheduleRecord]:
        """Return every record after the changes, by name."""
        found = {record.name: record for record in (*kept, *self.new, *self.changed, *self.gone)}
        return [found[name] for name in sorted(found)]


def reconcile(declared: Iterable[ScheduleRecord], kept: Iterable[ScheduleRecord], now: datetime) -> Changes:
    """Return the changes that make `declared` the schedules of `spine.toml`.

    New and changed ones, and those that come back, count from now. One that is declared no longer is gone: its ticks
    stay, and it starts no run.
    """
    wanted, known = {record.name: record for record in declared}, {record.name: record for record in kept}
    new = [_counting(record, now) for record in wanted.values() if record.name not in known]
    changed = [
        redeclared(known[record.name], record, now)
        for record in wanted.values()
        if record.name in known and not _is_same(known[record.name], record)
    ]
    gone = [
        evolve(record, gone_at=now)
        for record in known.values()
        if record.declared and record.gone_at is None and record.name not in wanted
    ]
    return Changes(new, changed, gone)


def added(record: ScheduleRecord, kept: ScheduleRecord | None, now: datetime) -> ScheduleRecord:
    """Return the record of an added schedule; `kept` has the same name. ConfigError unless that one is gone."""
    if kept is None:
        return _counting(record, now)
    if kept.gone_at is None:
        raise ConfigError(f"there is a schedule {record.name!r} already: choose another name")
    return redeclared(kept, record, now)


def removed(record: ScheduleRecord, now: datetime) -> ScheduleRecord:
    """Return the record of an added schedule after its removal; ConfigError for one of `spine.toml`."""
    require_present(record)
    if record.declared:
        raise ConfigError(f"schedule {record.name!r} is declared in spine.toml: remove it there")
    return evolve(record, gone_at=now)


def require_present(record: ScheduleRecord) -> None:
    """Raise a ConfigError for a schedule that is gone."""
    if record.gone_at is not None:
        where = "declare it in spine.toml again" if record.declared else "add it again with spine schedules add"
        raise ConfigError(f"schedule {record.name!r} is gone since {record.gone_at:%Y-%m-%d %H:%M} UTC: {where}")


def redeclared(kept: ScheduleRecord, record: ScheduleRecord, now: datetime) -> ScheduleRecord:
    """Return `kept` with the declaration of `record`, counting from now."""
    since = counts_from(now, kept.last_tick_at)
    return evolve(kept, **_said(record), gone_at=None, next_run_at=record.next_run_at, last_tick_at=since)


def counts_from(now: datetime, last_tick_at: datetime | None) -> datetime:
    """Return the time a schedule counts from: never one that it has decided, even if the clock was set back."""
    return now if last_tick_at is None else max(now, last_tick_at)


def _counting(record: ScheduleRecord, now: datetime) -> ScheduleRecord:
    return evolve(record, last_tick_at=record.last_tick_at or now)


def _is_same(kept: ScheduleRecord, record: ScheduleRecord) -> bool:
    return kept.gone_at is None and _said(kept) == _said(record)


def _said(record: ScheduleRecord) -> Mapping[str, Any]:
    return {name: getattr(record, name) for name in DECLARED_FIELDS}
