"""The channels that a project declares, as rows of `core_alert_channels`, with their health."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import insert, select, update

from spine.core.adapters.database import DatabaseAdapter
from spine.core.errors import IntegrityError
from spine.core.jsonvalue import to_json_value
from spine.framework.alerts.channel import AlertChannel
from spine.history.tables import alert_channels


def record_channel(adapter: DatabaseAdapter, channel: AlertChannel, kind: str, config: Mapping[str, Any]) -> None:
    """Write down what is declared of a channel, if that has changed; `config` is without secrets."""
    given = {
        "channel_type": kind,
        "config": to_json_value(config, f"the options of channel {channel.name!r}"),
        "min_severity": channel.min_severity.value,
        "domains": list(getattr(channel, "domains", ())),
        "enabled": channel.enabled,
        "throttle_minutes": round(float(getattr(channel, "throttle_minutes", 0))),
    }
    query = select(*(alert_channels.c[key] for key in given)).where(alert_channels.c.name == channel.name)
    with adapter.reader.connect() as connection:
        known = connection.execute(query).mappings().one_or_none()
    if known is not None and dict(known) == given:
        return
    try:
        with adapter.engine.begin() as connection:
            own = update(alert_channels).where(alert_channels.c.name == channel.name)
            if not connection.execute(own.values(given)).rowcount:
                connection.execute(insert(alert_channels).values(name=channel.name, consecutive_failures=0, **given))
    except IntegrityError:
        return  # another process has written it at the same time
