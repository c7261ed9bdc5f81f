"""Runs of workflows in SQL."""
