"""A toy that misbehaves in every hook."""
