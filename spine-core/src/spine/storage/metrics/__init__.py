"""Metrics of one project, computed from its history when they are asked for."""
