"""Spine: a small, plugin-based framework for data platforms."""
