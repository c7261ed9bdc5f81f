"""Archives, compressed files, workbooks and files with columns by their first bytes."""

from __future__ import annotations

COLUMNAR_FORMATS = {"Parquet": "parquet", "Arrow IPC": "arrow"}  # their value in the option `format`
_SIGNATURES = (
    (b"\x1f\x8b", "gzip"),
    (b"\xfd7zXZ\x00", "xz"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Office file (xls)"),
    (b"%PDF-", "a PDF"),
    (b"PAR1", "Parquet"),
    (b"ARROW1\0\0", "Arrow IPC"),
)
_BZIP2 = b"1AY&SY"  # after BZh and a digit
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_WORKBOOK = (b"[Content_Types].xml", b"xl/", b"_rels/")  # what an xlsx file begins with


def container_of(start: bytes) -> str | None:
    """Return the name of the format that a file begins like, None if it may be text."""
    if start.startswith(_ZIP):
        return "an Excel workbook (xlsx)" if start[30:].startswith(_WORKBOOK) else "a zip archive"
    if start.startswith(b"BZh") and start[4:].startswith(_BZIP2):
        return "bzip2"
    return next((name for signature, name in _SIGNATURES if start.startswith(signature)), None)
