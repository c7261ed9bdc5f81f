"""File formats and compressions, detected by the file's suffix."""

from __future__ import annotations

from enum import Enum
from pathlib import PurePath


class FileFormat(str, Enum):
    """The format of the rows in a file."""

    CSV = "csv"
    PSV = "psv"
    TSV = "tsv"
    JSON = "json"
    JSONL = "jsonl"
    PARQUET = "parquet"
    ARROW = "arrow"

    @property
    def delimiter(self) -> str | None:
        """The character between two fields, None for a format that is not delimited text."""
        return _DELIMITERS.get(self)


class Compression(str, Enum):
    """The compression of a whole file."""

    GZ = "gz"
    BZ2 = "bz2"
    XZ = "xz"
    ZST = "zst"
    ZIP = "zip"


COLUMNAR = (FileFormat.PARQUET, FileFormat.ARROW)
_DELIMITERS = {FileFormat.CSV: ",", FileFormat.PSV: "|", FileFormat.TSV: "\t"}

_FORMATS = {f".{known.value}": known for known in FileFormat} | {
    ".ndjson": FileFormat.JSONL,
    ".pq": FileFormat.PARQUET,
    ".feather": FileFormat.ARROW,
    ".ipc": FileFormat.ARROW,
}
_COMPRESSIONS = {f".{known.value}": known for known in Compression}


def detect_compression(path: str | PurePath) -> Compression | None:
    """Return the compression that the last suffix names, None for a plain file."""
    return _COMPRESSIONS.get(PurePath(path).suffix.lower())


def detect_format(path: str | PurePath) -> FileFormat | None:
    """Return the format that the suffix names, or the suffix before that of a compression; None if neither does."""
    path = PurePath(path)
    if detect_compression(path):
        path = path.with_suffix("")
    return _FORMATS.get(path.suffix.lower())


def known_suffixes() -> list[str]:
    """Return the suffixes that name a format."""
    return list(_FORMATS)
