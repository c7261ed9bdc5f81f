"""The import paths that programs rely on."""

from __future__ import annotations

import importlib

import pytest

from spine.formats.fileformat import Compression, FileFormat, detect_compression, detect_format
from spine.framework import sources
from spine.framework.sources import protocol


def test_the_protocol_module_has_every_name_of_the_package():
    assert protocol.__all__ == sources.__all__
    assert all(getattr(protocol, name) is getattr(sources, name) for name in sources.__all__)


@pytest.mark.parametrize("module", ["spine.framework.sources", "spine.framework.sources.file"])
def test_the_file_source_comes_from_its_plugin(module):
    from spine_sources_file.source import FileSource

    assert importlib.import_module(module).FileSource is FileSource
    assert importlib.import_module(module).FileFormat is FileFormat


@pytest.mark.parametrize("module", ["spine.framework.sources", "spine.framework.sources.http"])
def test_the_http_source_comes_from_its_plugin(module):
    from spine_sources_http.source import HttpSource

    assert importlib.import_module(module).HttpSource is HttpSource


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
