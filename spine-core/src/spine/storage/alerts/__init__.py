"""Alerts, their incidents and deliveries in SQL."""
