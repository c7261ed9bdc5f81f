"""The format of a response."""

from __future__ import annotations

from enum import Enum
from typing import Any

from spine.core.errors import InvalidConfigError
from spine.core.suggest import did_you_mean
from spine.formats.fileformat import COLUMNAR, FileFormat


class ResponseFormat(str, Enum):
    """The format of a response: one of FileFormat, or RAW for bytes that are not parsed."""

    JSON = FileFormat.JSON.value
    JSONL = FileFormat.JSONL.value
    CSV = FileFormat.CSV.value
    PSV = FileFormat.PSV.value
    TSV = FileFormat.TSV.value
    PARQUET = FileFormat.PARQUET.value
    ARROW = FileFormat.ARROW.value
    RAW = "raw"

    @property
    def delimiter(self) -> str | None:
        """The character between two fields, None for a format that is not delimited text."""
        return None if self is ResponseFormat.RAW else FileFormat(self.value).delimiter

    @property
    def columnar(self) -> FileFormat | None:
        """The format with columns, Parquet or Arrow IPC; None for any other."""
        found = None if self is ResponseFormat.RAW else FileFormat(self.value)
        return found if found in COLUMNAR else None


def as_response_format(value: Any) -> ResponseFormat:
    """Return the checked option `format`."""
    try:
        return ResponseFormat(value.lower() if isinstance(value, str) else value)
    except ValueError as error:
        known = did_you_mean(str(value), [known.value for known in ResponseFormat])
        raise InvalidConfigError("format", value, f"format {value!r} is not known{known}") from error
