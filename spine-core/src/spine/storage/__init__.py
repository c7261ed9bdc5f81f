"""The ports in SQL: runs, captures, sources, schedules and alerts, their tables, migrations and retention."""
