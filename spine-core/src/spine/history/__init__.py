"""Paths that programs written before 0.1.0 import; the code is in `spine.storage`."""
