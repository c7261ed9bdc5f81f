"""Files of a server are read as files of this machine are."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import lzma
import os
import zipfile
from datetime import UTC, datetime

import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet
import pytest

from spine.core.errors import SourceUnavailableError
from spine.framework.sources import FileSource
from spine.framework.sources.result import SourceType

ROWS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]
TABLE = pa.table({"a": ["1", "2"], "b": ["x", "y"]})


def parquet(path) -> None:
    pyarrow.parquet.write_table(TABLE, path)


def arrow(path) -> None:
    pyarrow.feather.write_feather(TABLE, path, compression="uncompressed")


def zipped(path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.csv", "a,b\n1,x\n2,y\n")


CSV = b"a,b\n1,x\n2,y\n"
FILES = {
    "x.csv": CSV,
    "x.psv": b"a|b\n1|x\n2|y\n",
    "x.tsv": b"a\tb\n1\tx\n2\ty\n",
    "x.json": b'[{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]',
    "x.jsonl": b'{"a": "1", "b": "x"}\n{"a": "2", "b": "y"}\n',
    "x.parquet": parquet,
    "x.arrow": arrow,
    "x.csv.gz": gzip.compress(CSV),
    "x.csv.bz2": bz2.compress(CSV),
    "x.csv.xz": lzma.compress(CSV),
    "x.csv.zst": pa.compress(CSV, "zstd", asbytes=True),
    "x.csv.zip": zipped,
}


@pytest.mark.parametrize("name", FILES)
def test_a_file_of_each_format_is_fetched_and_streamed(remote, source, name):
    content = FILES[name]
    (remote / name).write_bytes(content) if isinstance(content, bytes) else content(remote / name)
    found = source(name)
    result = found.fetch()
    assert result.error is None
    assert result.data == ROWS
    assert result.metadata.content_hash == hashlib.sha256((remote / name).read_bytes()).hexdigest()
    assert not found.has_changed(last_hash=result.metadata.content_hash)
    if found.supports_streaming:
        assert [row for batch in found.stream() for row in batch] == ROWS
        assert pa.Table.from_batches(found.batches()).to_pylist() == ROWS


def test_a_result_says_where_it_comes_from_without_user_and_password(server, remote, source):
    (remote / "in").mkdir()
    (remote / "in" / "x.csv").write_bytes(CSV)
    os.utime(remote / "in" / "x.csv", (0, 1_700_000_000))
    found = source("in/x.csv", include_path_column=True)
    result = found.fetch()
    url = f"sftp://127.0.0.1:{server.port}/~/in/x.csv"
    assert result.metadata.source_type is SourceType.SFTP
    assert (found.locator(), result.metadata.path, result.data[0]["path"]) == (url, url, url)
    assert result.metadata.bytes_fetched == len(CSV)
    assert result.metadata.last_modified == datetime.fromtimestamp(1_700_000_000, UTC).isoformat()
    assert not found.has_changed(last_modified=result.metadata.last_modified)
    assert source("/in/x.csv").locator() == f"sftp://127.0.0.1:{server.port}/in/x.csv"
    assert source("/in/x.csv").fetch().data == ROWS
    assert source("~/in//./x.csv").locator() == url


def test_a_glob_a_list_and_a_placeholder_find_files(remote, source):
    for name in ("x_20251222.csv", "x_20251215.csv", "y.csv", ".x_hidden.csv"):
        (remote / name).write_text(f"name\n{name}\n")
    (remote / "x_folder.csv").mkdir()

    def names(path, params=None):
        return [row["name"] for row in source(path).fetch(params).data]

    assert names("x_*.csv") == ["x_20251215.csv", "x_20251222.csv"]
    assert names(["y.csv", "x_*.csv", "?.csv"]) == ["y.csv", "x_20251215.csv", "x_20251222.csv"]
    assert names("x_{day}.csv", {"day": "20251222"}) == ["x_20251222.csv"]
    assert source("x_{day}.csv").placeholder_values("day") == ["20251215", "20251222"]
    assert source("/x_{day}.csv").placeholder_values("day") == ["20251215", "20251222"]


def test_the_hash_of_a_set_is_that_of_the_same_files_here(remote, source):
    for name in ("a.csv", "b.csv"):
        (remote / name).write_text(f"name\n{name}\n")
    local = FileSource("local", remote / "*.csv").fetch()
    assert source("*.csv").fetch().metadata.content_hash == local.metadata.content_hash


def test_a_young_file_is_left_for_later(remote, source):
    for name in ("old.csv", "young.csv"):
        (remote / name).write_text(f"name\n{name}\n")
    os.utime(remote / "old.csv", (0, 0))
    assert source("*.csv", settle_seconds=3600).fetch().data == [{"name": "old.csv"}]
    error = source("young.csv", settle_seconds=3600).fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert "was written to" in str(error)


def test_bad_rows_and_types_are_those_of_the_file_source(remote, source):
    (remote / "x.csv").write_text("n,day\n1,2026-01-02\nx,y\n")
    result = source("x.csv", schema={"n": "int64"}, on_bad_row="quarantine").fetch()
    assert result.data == [{"n": 1, "day": "2026-01-02"}]
    assert result.rejects[0].location.endswith("/~/x.csv")


def test_one_connection_serves_a_fetch_and_is_closed_at_its_end(server, remote, source):
    for number in range(5):
        (remote / f"x{number}.csv").write_bytes(CSV)
    assert source("*.csv").fetch().success
    stream = source("*.csv").stream(batch_size=1)
    next(stream)
    stream.close()
    assert server.opened == 2
    assert source("x0.csv").fetch().success
    server.wait_for(lambda: not server.active)
