"""Entry point of this distribution: registers its classes by name, without importing them."""

from __future__ import annotations

from spine.plugins import CalendarSpec, hookimpl


@hookimpl
def spine_register_calendars() -> list[CalendarSpec]:
    return [
        CalendarSpec(
            "holidays",
            "spine_calendars_holidays.calendar:HolidayCalendar",
            config="spine_calendars_holidays.config:HolidayCalendarConfig",
            help="All days but the weekend and the holidays of a country, a part of it, or a financial market.",
        ),
    ]
