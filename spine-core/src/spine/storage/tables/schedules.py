"""Schedules, their ticks, calls of project code for them, and the schedulers that run."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, UniqueConstraint, false

from spine.storage.tables.metadata import metadata, partial_index, project_column
from spine.storage.types import AnyText, Json, Name, UtcDateTime

_CAUSED = "cause <> ''"

schedules = Table(
    "core_schedules",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("name", Name(200), nullable=False),
    Column("target_type", String(16), nullable=False),
    Column("target_name", Name(200), nullable=False),
    Column("params", Json, nullable=False),
    Column("schedule_type", String(16), nullable=False),
    Column("cron_expression", Name(200)),
    Column("interval_seconds", Float),
    Column("run_at", UtcDateTime),
    Column("timezone", Name(64), nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("max_instances", Integer, nullable=False),
    Column("misfire_grace_seconds", Float),
    Column("last_run_at", UtcDateTime),
    Column("next_run_at", UtcDateTime),
    Column("last_run_status", String(16)),
    Column("created_at", UtcDateTime, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False),
    Column("definition", Json, nullable=False, server_default="{}"),
    Column("declared", Boolean, nullable=False, server_default=false()),
    Column("paused_at", UtcDateTime),
    Column("last_tick_at", UtcDateTime),
    Column("gone_at", UtcDateTime),
    UniqueConstraint("project", "name"),
    Index("ix_core_schedules_next", "project", "enabled", "next_run_at"),
)

schedule_runs = Table(
    "core_schedule_runs",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("schedule_id", ForeignKey("core_schedules.id", ondelete="CASCADE"), nullable=False),
    Column("schedule_name", Name(200), nullable=False),
    Column("scheduled_at", UtcDateTime, nullable=False),
    Column("started_at", UtcDateTime),
    Column("completed_at", UtcDateTime),
    Column("status", String(16), nullable=False),
    Column("run_id", ForeignKey("core_workflow_runs.run_id", ondelete="SET NULL")),
    Column("error", AnyText),
    Column("skip_reason", AnyText),
    Column("cause", Name(200), nullable=False, server_default=""),
    Column("facts", Json, nullable=False, server_default="{}"),
    UniqueConstraint("schedule_id", "scheduled_at", "cause"),
    partial_index(
        "uq_core_schedule_runs_cause",
        "schedule_id",
        "cause",
        where=_CAUSED,
        unique=True,
    ),
    Index("ix_core_schedule_runs_status", "project", "status", "scheduled_at"),
    Index("ix_core_schedule_runs_run", "run_id"),
)

schedule_calls = Table(
    "core_schedule_calls",
    metadata,
    project_column(),
    Column("schedule_id", ForeignKey("core_schedules.id", ondelete="CASCADE"), primary_key=True),
    Column("process", Name(200), primary_key=True),
    Column("begun_at", UtcDateTime, nullable=False),
)

schedulers = Table(
    "core_schedulers",
    metadata,
    project_column(primary_key=True),
    Column("process", Name(200), primary_key=True),
    Column("folder", AnyText, nullable=False),
    Column("declared_hash", Name(64), nullable=False),
    Column("started_at", UtcDateTime, nullable=False),
    Column("seen_at", UtcDateTime, nullable=False),
)
