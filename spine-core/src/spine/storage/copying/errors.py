"""The errors of a copy of a history."""

from __future__ import annotations

from spine.core.errors import ConfigError, StorageError


class CopyRefusedError(ConfigError):
    """A history cannot be copied from one of these databases to the other, or not while work goes on."""


class CopyError(StorageError):
    """A copy of a history is not the same as its source, or a row of it cannot be stored."""
