"""Schedules: triggers, calendars, ticks, the `ScheduleStore` port with a memory store, and the scheduler. No SQL."""
