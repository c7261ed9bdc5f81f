"""Fetches, states and rejected rows of sources in SQL."""
