"""Schedules and their ticks in SQL."""
