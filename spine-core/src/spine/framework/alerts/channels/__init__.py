"""Channels `console` and `webhook`, and import paths of the channel classes that plugins provide."""
