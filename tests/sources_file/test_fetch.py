"""Fetching: rows of every format, and a typed error for everything that can be wrong with a file."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import json
import lzma
import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spine.core.errors import (
    ErrorCategory,
    InvalidConfigError,
    ParseError,
    SourceError,
    SourceNotFoundError,
    ValidationError,
)
from spine.core.secrets import Secret
from spine.framework.sources import CachingSource, FetchStore, MemoryFetchStore, Source, SourceType, StreamingSource
from spine_sources_file.source import FileSource

ROWS = [{"a": "1", "b": "x"}, {"a": "2", "b": "y"}]


def zstd(data: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(data)
    return sink.getvalue().to_pybytes()


def parquet(rows: list[dict[str, str]]) -> bytes:
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    return sink.getvalue().to_pybytes()


TEXTS = {
    "csv": b"a,b\n1,x\n2,y\n",
    "psv": b"a|b\n1|x\n2|y\n",
    "tsv": b"a\tb\n1\tx\n2\ty\n",
    "json": json.dumps(ROWS).encode(),
    "jsonl": b'{"a": "1", "b": "x"}\n{"a": "2", "b": "y"}\n',
    "parquet": parquet(ROWS),
}
PACKERS = {"": bytes, ".gz": gzip.compress, ".bz2": bz2.compress, ".xz": lzma.compress, ".zst": zstd}


@pytest.mark.parametrize("suffix", PACKERS)
@pytest.mark.parametrize("name", TEXTS)
def test_every_format_is_read_plain_and_compressed(data, name, suffix):
    stored = PACKERS[suffix](TEXTS[name])
    (data / f"x.{name}{suffix}").write_bytes(stored)
    source = FileSource("s", f"x.{name}{suffix}")
    result = source.fetch()
    assert result.data == ROWS
    assert result.table.to_pylist() == ROWS
    assert result.metadata.content_hash == hashlib.sha256(stored).hexdigest()
    assert result.metadata.bytes_fetched == len(stored)
    if source.supports_streaming:
        assert list(source.stream(batch_size=1)) == [[row] for row in ROWS]


def test_a_result_says_where_it_comes_from(data):
    (data / "x.csv").write_bytes(TEXTS["csv"])
    source = FileSource("s", Path("x.csv"), domain="d")
    metadata = source.fetch({"unused": 1}).metadata
    assert isinstance(source, Source)
    assert isinstance(source, StreamingSource)
    assert isinstance(source, CachingSource)
    assert (source.source_type, source.domain, source.format.value) == (SourceType.FILE, "d", "csv")
    assert (metadata.source_name, metadata.path, metadata.params) == ("s", "x.csv", {"unused": 1})
    assert metadata.row_count == 2
    assert metadata.last_modified.endswith("+00:00")


def test_the_given_format_wins_over_the_suffix(data):
    (data / "x.csv").write_bytes(TEXTS["psv"])
    assert FileSource("s", "x.csv", format="PSV").fetch().data == ROWS


def test_a_glob_reads_its_files_in_the_order_of_their_paths(data):
    for number in (10, 2, 1):
        (data / f"x{number}.csv").write_text(f"a,b\n{number},x\n")
    (data / "x3.csv").mkdir()
    result = FileSource("s", "x*.csv").fetch()
    assert [row["a"] for row in result.data] == ["1", "10", "2"]
    assert [row["a"] for batch in FileSource("s", "x*.csv").stream(batch_size=2) for row in batch] == ["1", "10", "2"]


def test_columns_may_come_in_another_order_and_not_be_others(data):
    (data / "x1.csv").write_text("a,b\n1,x\n")
    (data / "x2.csv").write_text("b,a\ny,2\n")
    assert FileSource("s", "x*.csv").fetch().data == ROWS
    (data / "x3.csv").write_text("a,c\n1,x\n")
    error = FileSource("s", "x*.csv").fetch().error
    assert isinstance(error, ParseError)
    assert str(error) == "x3.csv has other columns than x1.csv: it lacks 'b' and adds 'c'; read them separately"
    with pytest.raises(ParseError, match=r"x3\.csv has other columns"):
        list(FileSource("s", "x*.csv").stream())


def test_json_files_of_a_glob_add_up_whatever_their_keys(data):
    (data / "x1.json").write_text('{"data": [{"a": 1}]}')
    (data / "x2.json").write_text('[{"b": 2}]')
    result = FileSource("s", "x*.json").fetch()
    assert result.data == [{"a": 1}, {"b": 2}]
    assert result.table.column_names == ["a", "b"]


def test_parquet_files_of_a_glob_have_one_type_a_column(data):
    pq.write_table(pa.table({"a": [1]}), data / "x1.parquet")
    pq.write_table(pa.table({"a": ["1"]}), data / "x2.parquet")
    error = FileSource("s", "x*.parquet").fetch().error
    assert str(error) == "x2.parquet has string in column 'a', and x1.parquet has int64; read them separately"


def test_columns_that_were_renamed_are_reported(data):
    (data / "x.csv").write_text("a,a\n1,2\n")
    result = FileSource("s", "x.csv").fetch()
    assert result.data == [{"a": "1", "a_2": "2"}]
    assert result.metadata.renamed_columns == result.metadata.to_dict()["renamed_columns"] == {"a_2": "a"}


def test_json_lines_have_line_numbers_too(data):
    (data / "x.jsonl").write_text('{"a": 1}\n\n{"a": 2}\n')
    source = FileSource("s", "x.jsonl", line_column="line")
    assert source.fetch().data == [{"a": 1, "line": 1}, {"a": 2, "line": 3}]
    assert list(source.stream()) == [source.fetch().data]
    (data / "x.jsonl").write_text('{"line": 1}\n')
    assert "line 1: the key 'line' exists already" in str(source.fetch().error)


CASES = [
    ("missing.csv", None, SourceNotFoundError, "missing.csv does not exist"),
    ("none*.csv", None, SourceNotFoundError, "no file matches none*.csv"),
    ("empty.csv", b"", ParseError, "empty.csv is empty"),
    ("head.csv", b"a,b\n", ParseError, "head.csv has a header and no rows; if that is right, say allow_empty = true"),
    ("few.csv", b"a,b\n1,2\n3\n", ParseError, "few.csv, line 3: 1 field where the header has 2; correct or remove"),
    ("many.csv", b"a,b\n1,2\n3,4,5\n", ParseError, "many.csv, line 3: 3 fields where the header has 2"),
    (
        "latin.csv",
        b"a,b\n\xe9,2\n",
        ParseError,
        "latin.csv, line 2: byte 0xe9 is not valid utf-8; try ",
    ),
    ("bad.json", b'[{"a": 1},]', ParseError, "bad.json, line 1, column "),
    ("empty.json", b"", ParseError, "empty.json is empty"),
    ("bad.jsonl", b'{"a": 1}\n{"a"}\n', ParseError, "bad.jsonl, line 2, column 5: invalid JSON"),
    ("empty.jsonl", b"", ParseError, "empty.jsonl is empty"),
    ("empty.parquet", b"", ParseError, "empty.parquet is empty"),
    ("cut.parquet", TEXTS["parquet"][:-20], ParseError, "cut.parquet is not a complete Parquet file: "),
    ("text.parquet", b"a,b\n1,2\n", ParseError, "text.parquet is not a complete Parquet file: "),
    ("cut.csv.gz", gzip.compress(TEXTS["csv"])[:-9], ParseError, "cut.csv.gz is damaged or incomplete: "),
    ("cut.csv.bz2", bz2.compress(TEXTS["csv"])[:-9], ParseError, "cut.csv.bz2 is damaged or incomplete: "),
    ("cut.csv.xz", lzma.compress(TEXTS["csv"])[:-9], ParseError, "cut.csv.xz is damaged or incomplete: "),
    ("cut.csv.zst", zstd(TEXTS["csv"] * 99)[:-9], ParseError, "cut.csv.zst is damaged or incomplete: "),
    ("not.csv.gz", TEXTS["csv"], ParseError, "not.csv.gz is damaged or incomplete: Not a gzipped file"),
    ("not.csv.bz2", TEXTS["csv"], ParseError, "not.csv.bz2 is damaged or incomplete: "),
    ("not.csv.xz", TEXTS["csv"], ParseError, "not.csv.xz is damaged or incomplete: "),
    ("not.csv.zst", TEXTS["csv"], ParseError, "not.csv.zst is damaged or incomplete: "),
]


@pytest.mark.parametrize(("name", "content", "kind", "sentence"), CASES, ids=[case[0] for case in CASES])
def test_a_faulty_file_is_one_sentence_from_fetch_and_from_stream(data, name, content, kind, sentence):
    if content is not None:
        (data / name).write_bytes(content)
    source = FileSource("s", name)
    result = source.fetch()
    assert (type(result.error), result.success, result.to_result().is_err()) == (kind, False, True)
    assert str(result.error).startswith(sentence)
    assert result.error.context.source_name == "s"
    if source.supports_streaming:
        stream = source.stream()
        with pytest.raises(kind) as caught:
            next(stream)
        assert str(caught.value).startswith(sentence)
        assert caught.value.context.source_name == "s"


def test_a_folder_is_no_file(data):
    (data / "folder.csv").mkdir()
    error = FileSource("s", "folder.csv").fetch().error
    assert type(error) is SourceError
    assert str(error) == "folder.csv is a folder: give a file, or a glob such as 'folder.csv/*.csv'"


def test_a_pipe_is_not_waited_for(data):
    os.mkfifo(data / "pipe.csv")
    assert str(FileSource("s", "pipe.csv").fetch().error) == "pipe.csv is not a regular file"


@pytest.fixture
def nobody() -> object:
    """Be a user without rights, for tests that root runs."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


def test_a_file_that_may_not_be_read_says_so(data, request):
    (data / "x.csv").write_bytes(TEXTS["csv"])
    (data / "x.csv").chmod(0)
    source = FileSource("s", "x.csv")
    request.getfixturevalue("nobody")
    result = source.fetch()
    assert type(result.error) is SourceError
    assert result.error.category is ErrorCategory.AUTH
    assert "permission denied" in str(result.error).lower()


def test_parameters_fill_the_path_and_are_named_when_missing_or_unsafe(data):
    (data / "x_1.csv").write_bytes(TEXTS["csv"])
    source = FileSource("s", "x_{n}.csv")
    assert source.fetch({"n": 1}).data == ROWS
    missing = source.fetch().error
    assert isinstance(missing, ValidationError)
    assert str(missing) == "parameter 'n' is missing: x_{n}.csv needs it"
    for value in ("../1", "a/b", "a\\b", "*", "?", "[1]", "..", "", "{n}", "\0"):
        error = source.fetch({"n": value}).error
        assert isinstance(error, ValidationError)
        assert "parameter 'n' is " in str(error)


def test_a_secret_cannot_be_part_of_a_path_which_is_shown():
    error = FileSource("s", "x_{n}.csv").fetch({"n": Secret("canary")}).error
    assert isinstance(error, ValidationError)
    assert str(error) == "parameter 'n' is a secret, and paths are shown: x_{n}.csv needs a plain text"


def test_each_fetch_is_remembered_with_its_path(data, own_scope):
    store = own_scope.provide(FetchStore, MemoryFetchStore())
    (data / "x_1.csv").write_bytes(TEXTS["csv"])
    source = FileSource("s", "x_{n}.csv")
    assert [source.fetch({"n": n}).metadata.content_changed for n in (1, 1, 2)] == [True, False, True]
    source.fetch()
    assert [(fetch.status.name, fetch.source_locator) for fetch in store.fetches] == [
        ("SUCCESS", "x_1.csv"),
        ("UNCHANGED", "x_1.csv"),
        ("NOT_FOUND", "x_2.csv"),
        ("FAILED", None),
    ]


def test_a_path_may_be_a_file_url_and_none_of_http(data):
    (data / "a b.csv").write_bytes(TEXTS["csv"])
    assert FileSource("s", (data / "a b.csv").as_uri()).fetch().data == ROWS
    with pytest.raises(InvalidConfigError, match="FileSource reads no https URL: use a source of type 'http'"):
        FileSource("s", "https://example.org/x.csv")


def test_a_file_whose_name_looks_like_a_glob_is_found(data):
    (data / "x[1].csv").write_bytes(TEXTS["csv"])
    assert FileSource("s", "x[1].csv").fetch().data == ROWS
