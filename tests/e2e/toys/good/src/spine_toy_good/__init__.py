"""A toy that implements what a plugin can: executor and run queue, command, listener, calendar, tables."""
