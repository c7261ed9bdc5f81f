"""Lineage in SQL."""
