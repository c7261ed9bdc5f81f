"""Public import paths of `spine.db`: `spine.core.adapters.database` and `spine.core.adapters.sqlite`."""
