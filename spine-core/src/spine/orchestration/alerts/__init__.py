"""Automatic alerts of runs, and the rules for them."""
