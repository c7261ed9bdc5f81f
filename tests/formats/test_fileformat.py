"""Formats and compressions by suffix."""

from __future__ import annotations

import pytest

from spine.formats.fileformat import Compression, FileFormat, detect_compression, detect_format


@pytest.mark.parametrize(
    ("path", "rows", "compression"),
    [
        ("a.csv", FileFormat.CSV, None),
        ("/data/*.PSV", FileFormat.PSV, None),
        ("a.b.Tsv.GZ", FileFormat.TSV, Compression.GZ),
        ("a.json.bz2", FileFormat.JSON, Compression.BZ2),
        ("a.jsonl.xz", FileFormat.JSONL, Compression.XZ),
        ("a.ndjson.zst", FileFormat.JSONL, Compression.ZST),
        ("a_{week}.parquet", FileFormat.PARQUET, None),
        ("a.pq", FileFormat.PARQUET, None),
        ("a.gz", None, Compression.GZ),
        ("a.xlsx", None, None),
        ("csv", None, None),
    ],
)
def test_the_suffix_tells_format_and_compression(path, rows, compression):
    assert (detect_format(path), detect_compression(path)) == (rows, compression)


def test_delimited_formats_know_their_delimiter():
    found = {known.value: known.delimiter for known in FileFormat if known.delimiter}
    assert found == {"csv": ",", "psv": "|", "tsv": "\t"}
