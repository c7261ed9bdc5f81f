"""Run queue of Spine on Procrastinate: runs for workers on other machines."""
