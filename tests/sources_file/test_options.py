"""Effects of the options of a file source."""

from __future__ import annotations

import gzip
import json
import os
import time
from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest
from attrs import define

from spine.core.errors import InvalidConfigError, ParseError, SourceUnavailableError
from spine.framework.rejects import MemoryRejectStore, Reject, RejectStore
from spine.framework.work import Work, use_work
from spine_sources_file.files import LocalFile, find_files
from spine_sources_file.source import FileSource
from spine_sources_file.stored import OpenFile


def fetched(source: FileSource) -> list[dict[str, object]]:
    return source.fetch().to_result().unwrap()


def streamed(source: FileSource) -> list[dict[str, object]]:
    return [row for batch in source.stream(batch_size=2) for row in batch]


def batched(source: FileSource) -> list[dict[str, object]]:
    return pa.Table.from_batches(source.batches(batch_size=2)).to_pylist()


@pytest.fixture(params=[fetched, streamed, batched])
def read(request):
    return request.param


def test_an_escape_character_takes_the_meaning_from_the_next_one(data, read):
    (data / "x.csv").write_text('a,b\n1\\,2,"x\\"y"\n3,4\n')
    rows = read(FileSource("s", "x.csv", escape_char="\\"))
    assert rows == [{"a": "1,2", "b": 'x"y'}, {"a": "3", "b": "4"}]


def test_a_schema_gives_columns_their_types_and_leaves_the_others_text(data, read):
    (data / "x.csv").write_text(
        "i,f,d,b,day,at,utc,us,t\n"
        "007,1e3,1.50,TRUE,2025-12-15,2025-12-15 10:30:00,2025-12-15T10:30:00+01:00,12/31/2025,007\n"
        "+5,.5,-2,false,2024-02-29,2025-12-15T10:30,2025-12-15T10:30:00Z,2/1/2025,NA\n"
        ",,,,,,,,\n"
    )
    schema = {
        "i": "int64",
        "f": "float64",
        "d": "decimal(18,4)",
        "b": "bool",
        "day": "date",
        "at": "timestamp",
        "utc": "timestamptz",
        "us": {"type": "date", "format": "%m/%d/%Y"},
    }
    first, second, third = read(FileSource("s", "x.csv", schema=schema))
    assert first == {
        "i": 7,
        "f": 1000.0,
        "d": Decimal("1.5000"),
        "b": True,
        "day": date(2025, 12, 15),
        "at": datetime(2025, 12, 15, 10, 30),
        "utc": datetime(2025, 12, 15, 9, 30, tzinfo=UTC),
        "us": date(2025, 12, 31),
        "t": "007",
    }
    assert (second["i"], second["f"], second["b"], second["us"], second["t"]) == (5, 0.5, False, date(2025, 2, 1), "NA")
    assert third == dict.fromkeys(schema) | {"t": ""}


@pytest.mark.parametrize(
    ("kind", "cell"),
    [
        ("int64", "0x1f"),
        ("int64", "1.0"),
        ("int64", "12345678901234567890"),
        ("int64", " 5"),
        ("float64", "nan"),
        ("float64", "1e999"),
        ("decimal(6,2)", "1.005"),
        ("decimal(6,2)", "12345.6"),
        ("bool", "1"),
        ("date", "2025-02-30"),
        ("date", "2025-2-3"),
        ("timestamp", "2025-02-28T10:00:00Z"),
        ("timestamptz", "2025-02-28T10:00:00"),
        ({"type": "date", "format": "%d.%m.%Y"}, "30.02.2025"),
        ({"type": "date", "format": "%d.%m.%Y"}, "2025-02-28"),
    ],
)
def test_a_cell_that_is_not_of_its_type_is_a_bad_row(data, read, own_scope, kind, cell):
    own_scope.provide(RejectStore, MemoryRejectStore())
    (data / "x.csv").write_text(f"a,b\n,good\n{cell},bad\n")
    with pytest.raises(
        ParseError, match=r"x\.csv, line 3: column 'a' is '.*', which is not a valid .*; correct it, or the sch"
    ):
        read(FileSource("s", "x.csv", schema={"a": kind}))
    assert read(FileSource("s", "x.csv", schema={"a": kind}, on_bad_row="quarantine")) == [{"a": None, "b": "good"}]


def test_a_schema_names_columns_that_are_there(data, read):
    (data / "x.csv").write_text("shares\n1\n")
    with pytest.raises(ParseError, match=r"has no column 'share', which the schema names; did you mean 'shares'"):
        read(FileSource("s", "x.csv", schema={"share": "int64"}))


def test_null_values_are_null_in_every_column(data, read):
    (data / "x.csv").write_text("a,b,c\nNA,NA,\n5,x,-\n")
    rows = read(FileSource("s", "x.csv", null_values=["NA", "-"], schema={"a": "int64"}))
    assert rows == [{"a": None, "b": None, "c": ""}, {"a": 5, "b": "x", "c": None}]


EXACT = {
    "int": (["1", "-20", ""], [1, -20, None], "int64"),
    "zeros": (["007", "1", "2"], ["007", "1", "2"], "string"),
    "long": (["12345678901234567890", "1", "2"], ["12345678901234567890", "1", "2"], "string"),
    "float": (["1", "2.5", ""], [1.0, 2.5, None], "float64"),
    "digits": (["1", "0.12345678901234567", "2"], ["1", "0.12345678901234567", "2"], "string"),
    "exponent": (["1e5", "1", "2"], ["1e5", "1", "2"], "string"),
    "bool": (["TRUE", "false", ""], [True, False, None], "bool"),
    "day": (["2025-12-15", "2024-02-29", ""], [date(2025, 12, 15), date(2024, 2, 29), None], "date"),
    "noday": (["2025-02-30", "2025-12-15", ""], ["2025-02-30", "2025-12-15", ""], "string"),
    "empty": (["", "", ""], ["", "", ""], "string"),
}


def test_inference_takes_a_type_only_where_no_cell_loses_anything(data, read):
    cells = zip(*(written for written, *_ in EXACT.values()), strict=True)
    (data / "x.csv").write_text("\n".join([",".join(EXACT), *map(",".join, cells)]))
    source = FileSource("s", "x.csv", infer_types=True)
    rows = read(source)
    assert {name: [row[name] for row in rows] for name in EXACT} == {
        name: found for name, (_, found, _) in EXACT.items()
    }
    assert source.fetch().metadata.inferred_types == {name: kind for name, (*_, kind) in EXACT.items()}


@pytest.mark.parametrize("rows_before", [20_000, pytest.param(100_000, marks=pytest.mark.slow)])
def test_inference_looks_at_the_whole_column_of_every_file(data, read, rows_before):
    (data / "x1.csv").write_text("a,b\n" + "1,2\n" * rows_before)
    (data / "x2.csv").write_text("a,b\n1,2\nx,3\n")
    source = FileSource("s", "x*.csv", infer_types=True, columns=["a", "b"], schema={"b": "string"})
    rows = read(source)
    assert (rows[0], rows[-1]) == ({"a": "1", "b": "2"}, {"a": "x", "b": "3"})
    assert source.fetch().metadata.inferred_types == {"a": "string"}


def test_columns_are_given_in_the_order_asked_for(data, read):
    for name, text in {"x.csv": "a,b,c\n1,2,3\n", "x.jsonl": '{"a": "1", "b": "2", "c": "3"}\n'}.items():
        (data / name).write_text(text)
        rows = read(FileSource("s", name, columns=["c", "a"], line_column="n"))
        assert [list(row.items()) for row in rows] == [[("c", "3"), ("a", "1"), ("n", 2 if name == "x.csv" else 1)]]
        with pytest.raises(ParseError, match="has no column 'd'"):
            read(FileSource("s", name, columns=["d"]))


def test_the_path_of_each_row_is_a_column(data, read):
    for number in (1, 2):
        (data / f"x{number}.csv").write_text(f"a\n{number}\n")
    expected = [{"a": "1", "path": "x1.csv"}, {"a": "2", "path": "x2.csv"}]
    assert read(FileSource("s", "x*.csv", include_path_column=True)) == expected
    assert read(FileSource("s", "x*.csv", include_path_column="file"))[0] == {"a": "1", "file": "x1.csv"}
    with pytest.raises(InvalidConfigError, match=r"x1\.csv has a column 'a' already"):
        read(FileSource("s", "x*.csv", include_path_column="a"))


@pytest.mark.parametrize(
    ("path", "rows"),
    [
        ("payload.items", [{"a": 1}]),
        ("payload.pages.1.rows", [{"a": 2}]),
        ("payload.one", [{"a": 3}]),
    ],
)
def test_a_json_path_leads_to_the_rows(data, path, rows):
    (data / "x.json").write_text(
        '{"data": [], "payload": {"items": [{"a": 1}], "pages": [{}, {"rows": [{"a": 2}]}], "one": {"a": 3}}}'
    )
    assert fetched(FileSource("s", "x.json", json_path=path)) == rows


def test_a_json_path_that_leads_nowhere_says_what_there_is(data):
    (data / "x.json").write_text('{"payload": {"items": [], "n": 1}}')
    error = FileSource("s", "x.json", json_path="payload.rows").fetch().error
    assert str(error) == "x.json has no 'payload.rows': 'rows' is missing; there are items, n"
    error = FileSource("s", "x.json", json_path="payload.n").fetch().error
    assert str(error) == "x.json, payload.n holds a number; expected an array of objects, or an object"


@pytest.fixture
def ragged(data):
    """Twelve rows, lines 3, 5 and 7 of which are bad."""
    lines = ["a,b", *(f"{number}" if number in (3, 5, 7) else f"{number},x" for number in range(2, 14))]
    (data / "x.csv").write_text("\n".join(lines))
    return data


@pytest.mark.parametrize("limit", [3, "25%", None])
def test_bad_rows_up_to_the_limit_are_put_up_with(ragged, read, limit):
    assert len(read(FileSource("s", "x.csv", on_bad_row="skip", max_bad_rows=limit))) == 9


@pytest.mark.parametrize(("limit", "found"), [(2, "3 rows cannot be read"), ("24.9%", "3 of 12 rows cannot be read")])
def test_more_bad_rows_than_the_limit_are_an_error(ragged, read, own_scope, limit, found):
    own_scope.provide(RejectStore, MemoryRejectStore())
    for action in ("skip", "quarantine"):
        with pytest.raises(ParseError) as caught:
            read(FileSource("s", "x.csv", on_bad_row=action, max_bad_rows=limit))
        assert str(caught.value).startswith(found)
        assert f"more than max_bad_rows = {limit} allows; the first: x.csv, line 3: 1 field" in str(caught.value)


def test_nothing_but_bad_rows_is_an_error(data, read):
    (data / "x.csv").write_text("a|b\n1,2\n3,4\n")
    with pytest.raises(ParseError, match=r"none of 2 rows can be read; the first: x\.csv, line 2: 2 fields"):
        read(FileSource("s", "x.csv", on_bad_row="skip"))


def test_skipped_rows_are_counted_and_quarantined_ones_kept(ragged):
    skipped = FileSource("s", "x.csv", on_bad_row="skip").fetch()
    kept = FileSource("s", "x.csv", on_bad_row="quarantine").fetch()
    assert (skipped.metadata.bad_row_count, skipped.rejects) == (3, [])
    assert [reject.line_number for reject in kept.rejects] == [3, 5, 7]


@pytest.mark.parametrize("way", ["fetch", "stream"])
def test_in_a_run_quarantined_rows_are_staged_once_and_not_kept_before_it_completes(ragged, own_scope, way):
    store = own_scope.provide(RejectStore, MemoryRejectStore())
    source = FileSource("s", "x.csv", on_bad_row="quarantine")
    with use_work(Work(run_id="r")) as work:
        assert source.fetch().success if way == "fetch" else list(source.stream())
    rejects = [record for record in work.staged if isinstance(record, Reject)]
    assert [(reject.run_id, reject.line_number) for reject in rejects] == [("r", 3), ("r", 5), ("r", 7)]
    assert store.list_rejects() == []


def test_a_file_that_was_just_written_is_not_taken(data, read):
    for name in ("x1.csv", "x2.csv"):
        (data / name).write_text(f"a\n{name}\n")
    old = time.time() - 100
    os.utime("x1.csv", (old, old))
    assert read(FileSource("s", "x*.csv", settle_seconds=60)) == [{"a": "x1.csv"}]
    with pytest.raises(
        SourceUnavailableError, match=r"x2\.csv was written to .* s ago and may not be complete"
    ) as caught:
        read(FileSource("s", "x2.csv", settle_seconds=60))
    assert caught.value.retryable
    assert caught.value.retry_after == 60


def test_a_file_that_is_dated_in_the_future_is_passed_over_and_not_in_silence(data, caplog):
    for name, time_of in (("old.csv", 0), ("future.csv", time.time() + 10**6)):
        (data / name).write_text("a\n1\n")
        os.utime(name, (time_of, time_of))
    result = FileSource("s", "*.csv", settle_seconds=60).fetch()
    assert [file.path for file in result.metadata.files] == ["old.csv"]
    [warning] = result.metadata.warnings
    assert warning == caplog.messages[0]
    assert warning.startswith("future.csv is passed over: it is dated 20")
    assert "which is yet to come" in warning
    error = FileSource("s", "future.csv", settle_seconds=60).fetch().error
    assert isinstance(error, SourceUnavailableError)
    assert str(error).startswith("future.csv cannot be read: it is dated 20")


def test_a_file_that_is_gone_since_the_listing_may_be_missing_next_time(data):
    for name in ("a.csv", "b.csv"):
        (data / name).write_text("a\n1\n")
    batches = FileSource("s", "*.csv").stream(batch_size=1)
    next(batches)
    (data / "b.csv").unlink()
    with pytest.raises(SourceUnavailableError, match=r"^b\.csv does not exist any more; fetch it again$"):
        list(batches)


def test_files_that_are_gone_before_their_age_is_known_are_left_out(data):
    @define
    class Listed:
        """Finder of files that its listing has had."""

        names_listed: list[str]

        def files(self, path: str) -> list[LocalFile]:
            return [LocalFile(name) for name in self.names_listed]

        def names(self, pattern: str) -> list[str]:
            return self.names_listed

    (data / "a.csv").write_text("a\n1\n")
    os.utime("a.csv", (0, 0))
    assert [file.label for file in find_files(Listed(["gone.csv", "a.csv"]), ["*.csv"], 60)] == ["a.csv"]
    with pytest.raises(SourceUnavailableError, match=r"^gone\.csv does not exist any more"):
        find_files(Listed(["gone.csv"]), ["*.csv"], 60)


def test_a_file_that_is_named_like_a_glob_does_not_stand_for_the_others(data, read):
    for name in ("*.csv", "x.csv", "[1].csv"):
        (data / name).write_text(f"a\n{name}\n")
    assert [row["a"] for row in read(FileSource("s", "*.csv"))] == ["*.csv", "[1].csv", "x.csv"]
    assert [row["a"] for row in read(FileSource("s", "[1].csv"))] == ["[1].csv"]


def test_a_list_of_paths_is_read_in_its_order_each_file_once(data, read):
    for name in ("b1", "b2", "a"):
        (data / f"{name}.csv").write_text(f"a\n{name}\n")
    source = FileSource("s", ["b*.csv", data / "a.csv", "b1.csv"])
    assert [row["a"] for row in read(source)] == ["b1", "b2", "a"]
    assert source.path == f"b*.csv, {data}/a.csv, b1.csv"


def test_the_metadata_tells_each_file_and_the_hash_is_over_the_set(data):
    (data / "x1.csv").write_text("a\n1\n")
    (data / "x2.csv").write_text("a\n2\n3\n")
    both = FileSource("s", ["x1.csv", "x2.csv"]).fetch().metadata
    one = FileSource("s", "x1.csv").fetch().metadata
    assert [(file.path, file.byte_count, file.row_count) for file in both.files] == [("x1.csv", 4, 1), ("x2.csv", 6, 2)]
    assert both.files[0].content_hash == one.content_hash != both.content_hash
    assert both.to_dict()["files"][1]["path"] == "x2.csv"
    assert both.content_hash == FileSource("s", "x*.csv").fetch().metadata.content_hash
    assert not FileSource("s", ["x1.csv", "x2.csv"]).has_changed(last_hash=both.content_hash)


@pytest.mark.parametrize("kind", ["file", "stream"])
def test_arrow_ipc_is_read_as_a_file_and_as_a_stream(data, read, kind):
    table = pa.table({"a": [1, 2, 3], "b": ["x", "y", None]})
    with (ipc.new_file if kind == "file" else ipc.new_stream)(str(data / "x.arrow"), table.schema) as writer:
        writer.write_table(table, 2)
    assert read(FileSource("s", "x.arrow")) == table.to_pylist()
    assert read(FileSource("s", "x.arrow", columns=["b"])) == table.select(["b"]).to_pylist()


def test_batches_have_one_schema_whatever_the_keys_of_the_rows(data):
    (data / "x.jsonl").write_text('{"a": 1}\n{"a": null}\n{"a": 2.5, "b": "x"}\n')
    batches = list(FileSource("s", "x.jsonl").batches(batch_size=2))
    assert [batch.num_rows for batch in batches] == [2, 1]
    assert batches[0].schema == batches[1].schema
    assert pa.Table.from_batches(batches).to_pylist() == [
        {"a": 1.0, "b": None},
        {"a": None, "b": None},
        {"a": 2.5, "b": "x"},
    ]


def test_a_file_that_changes_while_it_is_read_is_to_be_fetched_again(data):
    (data / "x.arrow").write_bytes(b"1")
    written = pytest.raises(SourceUnavailableError, match=r"x\.arrow was written to while it was read")
    with written, OpenFile(LocalFile("x.arrow")).hashed():
        (data / "x.arrow").write_bytes(b"22")


@pytest.mark.parametrize("name", ["x.csv", "x.jsonl", "x.csv.gz", "x.csv.zst", "x.parquet"])
@pytest.mark.parametrize("way", ["stream", "batches"])
def test_a_file_that_is_written_anew_while_it_is_streamed_gives_no_mixture(data, name, way):
    def write(value: str) -> None:
        rows = pa.table({"a": [value] * 100_000, "b": [str(number) for number in range(100_000)]})
        if name.endswith("parquet"):
            pq.write_table(rows, name, row_group_size=1000)
            return
        lines = [f"{value},{b}" if "csv" in name else json.dumps({"a": value, "b": b}) for b in rows["b"].to_pylist()]
        text = ("a,b\n" if "csv" in name else "") + "\n".join(lines) + "\n"
        with (data / name).open("wb") as file:
            packed = {"gz": lambda content: gzip.compress(content, 0), "zst": pa.Codec("zstd").compress}
            file.write(bytes(packed.get(name.rpartition(".")[2], bytes)(text.encode())))

    write("old")
    batches = getattr(FileSource("s", name), way)(batch_size=1000)
    next(batches)
    write("newer")
    with pytest.raises(SourceUnavailableError, match=r"was written to while it was read; fetch it again$"):
        list(batches)


def test_a_file_that_is_replaced_while_it_is_read_is_read_to_its_end(data):
    (data / "x.csv").write_text("a\nold\n" + "old\n" * 100_000)
    (data / "new.csv").write_text("a\nnew\n")
    batches = FileSource("s", "x.csv").stream(batch_size=1000)
    next(batches)
    (data / "new.csv").rename("x.csv")
    assert {row["a"] for batch in batches for row in batch} == {"old"}


def test_equal_size_and_time_are_not_trusted_over_another_hash(data):
    (data / "x.csv").write_text("a\n1\n")
    source = FileSource("s", "x.csv")
    metadata = source.fetch().metadata
    stat = (data / "x.csv").stat()
    (data / "x.csv").write_text("a\n2\n")
    os.utime("x.csv", ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert source.has_changed(last_hash=metadata.content_hash, last_modified=metadata.last_modified)
    (data / "x.csv").write_text("a\n22\n")
    assert source.has_changed(last_hash=metadata.content_hash)
