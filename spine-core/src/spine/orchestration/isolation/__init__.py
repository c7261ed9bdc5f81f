"""Isolation: steps, items and runs in processes of their own, wired afresh there."""
