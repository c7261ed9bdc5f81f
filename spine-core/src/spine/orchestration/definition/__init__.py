"""Definitions of workflows: steps, how they follow one another, and what can be said of them without a run."""
