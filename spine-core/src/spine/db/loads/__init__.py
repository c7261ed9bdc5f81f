"""Loads: data written into a table in one transaction, by mode, at most once for each call of a step."""
