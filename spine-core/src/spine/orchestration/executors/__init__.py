"""Executors of core, one file each."""
