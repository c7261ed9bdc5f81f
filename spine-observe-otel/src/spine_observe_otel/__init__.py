"""Listener of Spine that writes runs, steps, batches of items and fetches as OpenTelemetry spans."""
