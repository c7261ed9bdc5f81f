"""Spine calendars of countries and markets. The class is `spine_calendars_holidays.calendar.HolidayCalendar`."""
