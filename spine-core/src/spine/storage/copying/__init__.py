"""Copies of a project's history into another database."""
