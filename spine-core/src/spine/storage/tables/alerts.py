"""Alerts, their deliveries, and the channels that deliver them."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, ForeignKey, Index, Integer, String, Table, false

from spine.storage.tables.metadata import metadata, project_column
from spine.storage.types import AnyText, Json, Name, ShortText, UtcDateTime

alert_channels = Table(
    "core_alert_channels",
    metadata,
    project_column(primary_key=True),
    Column("name", Name(200), primary_key=True),
    Column("channel_type", Name(200), nullable=False),
    Column("config", Json, nullable=False),
    Column("min_severity", String(16), nullable=False),
    Column("domains", Json, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("throttle_minutes", Integer, nullable=False),
    Column("last_success_at", UtcDateTime),
    Column("last_failure_at", UtcDateTime),
    Column("consecutive_failures", Integer, nullable=False),
    Column("fallback", Name(200)),
    Column("paused_until", UtcDateTime),
)

alerts = Table(
    "core_alerts",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("severity", String(16), nullable=False),
    Column("title", AnyText, nullable=False),
    Column("message", AnyText, nullable=False),
    Column("source", AnyText, nullable=False),
    Column("domain", AnyText),
    Column("run_id", ShortText(64)),
    Column("execution_id", ShortText(64)),
    Column("error_category", ShortText(64)),
    Column("metadata", Json, nullable=False),
    Column("fingerprint", AnyText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("error", AnyText),
    Column("incident_id", Name(64)),
    Column("at_run_end", Boolean, nullable=False, server_default=false()),
    Column("resolved_at", UtcDateTime),
    Column("failure", Json),
    Column("unrouted", AnyText),
    Index("ix_core_alerts_created", "project", "created_at"),
    Index("ix_core_alerts_incident", "incident_id"),
    Index("ix_core_alerts_fingerprint", "project", "fingerprint", "created_at"),
    Index("ix_core_alerts_run", "run_id"),
)

alert_deliveries = Table(
    "core_alert_deliveries",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("alert_id", ForeignKey("core_alerts.id", ondelete="CASCADE"), nullable=False),
    Column("channel_name", Name(200), nullable=False),
    Column("status", String(16), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("attempted_at", UtcDateTime),
    Column("delivered_at", UtcDateTime),
    Column("response", AnyText),
    Column("error", AnyText),
    Column("next_retry_at", UtcDateTime),
    Column("kind", String(16), nullable=False, server_default="FIRING"),
    Column("suppressed_count", Integer, nullable=False, server_default="0"),
    Column("fallback_for", Name(200)),
    Column("claimed_by", Name(200)),
    Column("claimed_until", UtcDateTime),
    Column("reason", AnyText),
    Index("ix_core_alert_deliveries_alert", "alert_id"),
    Index("ix_core_alert_deliveries_pending", "project", "status", "next_retry_at"),
    Index("ix_core_alert_deliveries_channel", "project", "channel_name", "attempted_at"),
)

alert_throttle = Table(
    "core_alert_throttle",
    metadata,
    project_column(primary_key=True),
    Column("fingerprint", AnyText, primary_key=True),
    Column("channel_name", Name(200), primary_key=True),
    Column("last_sent_at", UtcDateTime, nullable=False),
    Column("send_count", Integer, nullable=False),
    Column("expires_at", UtcDateTime, nullable=False),
)

alert_incidents = Table(
    "core_alert_incidents",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("fingerprint", AnyText, nullable=False),
    Column("alert_id", Name(64), nullable=False),
    Column("alert_count", Integer, nullable=False),
    Column("opened_at", UtcDateTime, nullable=False),
    Column("acknowledged_at", UtcDateTime),
    Column("resolved_at", UtcDateTime),
    Index("ix_core_alert_incidents_fingerprint", "project", "fingerprint", "resolved_at"),
)

alert_silences = Table(
    "core_alert_silences",
    metadata,
    project_column(),
    Column("id", Name(64), primary_key=True),
    Column("match", Json, nullable=False),
    Column("comment", AnyText, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("ends_at", UtcDateTime, nullable=False),
)
