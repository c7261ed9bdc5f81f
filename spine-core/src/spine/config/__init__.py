"""`spine.toml`: found, read, and checked into typed settings."""
