"""Isolation: steps, items and runs in separate processes, which open the project again."""
