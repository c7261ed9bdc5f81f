"""Listener of Spine that reports runs and their datasets as OpenLineage events."""
