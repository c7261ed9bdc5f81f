"""Channels: `console` and `webhook`; the others are import paths of classes that plugins provide."""
