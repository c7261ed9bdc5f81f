"""Toy plugin with all kinds: executor and run queue, command, listener, calendar, tables."""
