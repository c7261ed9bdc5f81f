"""Captures in SQL."""
