"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import CalendarSpec, hookimpl


@hookimpl
def spine_register_calendars() -> list[CalendarSpec]:
    return [
        CalendarSpec(
            "exchange",
            "spine_calendars_exchange.calendar:ExchangeCalendar",
            config="spine_calendars_exchange.config:ExchangeCalendarConfig",
            help="The days on which an exchange has a session.",
        ),
    ]
