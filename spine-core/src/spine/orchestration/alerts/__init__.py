"""Alerts that runs raise by themselves, and the rules for them."""
