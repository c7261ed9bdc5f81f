"""Definitions of workflows: steps, their order, and checks and plans that need no run."""
