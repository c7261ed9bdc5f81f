"""The step types that core ships, one file a type."""
