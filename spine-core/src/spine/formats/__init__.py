"""Formats: bytes read as rows and Arrow tables, and columns of text converted to types."""
