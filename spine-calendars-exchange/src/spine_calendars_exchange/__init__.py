"""Spine business calendars of exchanges. The class is `spine_calendars_exchange.calendar.ExchangeCalendar`."""
