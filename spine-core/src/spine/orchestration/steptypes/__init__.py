"""Step types of core, one file per type."""
