"""Hostile files: each is a typed error or goes into quarantine, and none takes long or much memory."""

from __future__ import annotations

import gzip
import json
import random
import zipfile
from contextlib import suppress
from pathlib import Path

import pyarrow as pa
import pyarrow.ipc as ipc
import pyarrow.parquet as pq
import pytest

from spine.core.errors import ParseError, SpineError
from spine.framework.rejects import MemoryRejectStore, RejectStore
from spine_sources_file.source import FileSource


def fetched(source: FileSource) -> list[dict[str, object]]:
    """Fetch the rows; a failure is raised."""
    return source.fetch().to_result().unwrap()


def streamed(source: FileSource) -> list[dict[str, object]]:
    return [row for batch in source.stream() for row in batch]


@pytest.fixture(params=[fetched, streamed])
def read(request):
    return request.param


DEFECTS = {
    "NUL bytes": (b"a,b\n1,2\n3,\0\n5,6\n", 3, "3,\0", "a NUL byte"),
    "too few fields": (b"a,b\n1,2\n3\n5,6\n", 3, "3", "1 field where the header has 2"),
    "too many fields": (b"a,b\n1,2\n3,4,x\n5,6\n", 3, "3,4,x", "3 fields where the header has 2"),
    "a wrong encoding": (b"a,b\n1,2\n3,caf\xe9\n5,6\n", 3, "3,caf\\xe9", "byte 0xe9 is not valid utf-8"),
    "an unclosed quote": (b'a,b\n1,2\n5,6\n3,"x\ny\n', 4, '3,"x\ny', "a quote is opened and never closed"),
    "a field without end": (
        b'a,b\n1,2\n3,"' + b"x\n" * 70_000 + b"5,6\n",
        3,
        None,
        "a field of more than 131,072 characters",
    ),
}


@pytest.mark.parametrize("name", DEFECTS)
def test_a_bad_row_fails_by_its_line(data, read, name):
    text, line, _, reason = DEFECTS[name]
    (data / "x.csv").write_bytes(text)
    with pytest.raises(ParseError) as caught:
        read(FileSource("s", "x.csv"))
    assert str(caught.value).startswith(f"x.csv, line {line}: {reason}")


@pytest.mark.parametrize("name", [name for name in DEFECTS if name != "a field without end"])
def test_a_bad_row_is_kept_in_quarantine_and_the_others_are_read(data, read, own_scope, name):
    store = own_scope.provide(RejectStore, MemoryRejectStore())
    text, line, raw, reason = DEFECTS[name]
    (data / "x.csv").write_bytes(text)
    source = FileSource("s", "x.csv", on_bad_row="quarantine")
    assert read(source) == [{"a": "1", "b": "2"}, {"a": "5", "b": "6"}]
    rejects = store.list_rejects() if read is streamed else source.fetch().rejects
    assert [(one.source_name, one.location, one.line_number, one.raw) for one in rejects] == [("s", "x.csv", line, raw)]
    assert rejects[0].reason.startswith(reason)


def test_a_field_without_end_costs_its_lines_and_no_others(data, read):
    text, *_ = DEFECTS["a field without end"]
    (data / "x.csv").write_bytes(text)
    rows = read(FileSource("s", "x.csv", on_bad_row="skip"))
    assert rows == [{"a": "1", "b": "2"}, {"a": "5", "b": "6"}]


@pytest.mark.parametrize("megabytes", [20, pytest.param(200, marks=pytest.mark.slow)])
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_line_of_many_megabytes_is_named_and_not_held_in_memory(data, read, suffix, megabytes):
    with (data / f"x{suffix}").open("wb") as file:
        file.write(b"a,b\n1,2\n" if suffix == ".csv" else b'{"a": "1", "b": "2"}\n')
        for _ in range(megabytes):
            file.write(b"x" * 1_000_000)
        file.write(b"\n5,6\n" if suffix == ".csv" else b'\n{"a": "5", "b": "6"}\n')
    line = 3 if suffix == ".csv" else 2
    with pytest.raises(ParseError, match=rf"x{suffix}, line {line}: longer than 16,777,216"):
        read(FileSource("s", f"x{suffix}"))
    rows = read(FileSource("s", f"x{suffix}", on_bad_row="skip"))
    assert rows == [{"a": "1", "b": "2"}, {"a": "5", "b": "6"}]


@pytest.mark.parametrize(
    ("encoding", "told"), [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16")]
)
@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_byte_order_marks_are_no_data(data, encoding, told, suffix):
    text = {".csv": "é,b\n1,ü\n", ".jsonl": '{"é": "1", "b": "ü"}\n', ".json": '[{"é": "1", "b": "ü"}]'}[suffix]
    (data / f"x{suffix}").write_bytes(text.encode(encoding))
    source = FileSource("s", f"x{suffix}", encoding=told)
    assert fetched(source) == [{"é": "1", "b": "ü"}]
    if source.supports_streaming:
        assert streamed(source) == fetched(source)


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
def test_utf_16_taken_for_utf_8_is_said_so(data, suffix):
    (data / f"x{suffix}").write_bytes("a,b\n1,2\n".encode("utf-16"))
    error = FileSource("s", f"x{suffix}").fetch().error
    assert isinstance(error, ParseError)
    assert str(error) == f'x{suffix}, line 1: byte 0xff is not valid utf-8; try encoding = "utf-16"'


@pytest.mark.parametrize("end", [b"\r", b"\r\n", b"\n\r\n"])
def test_every_line_end_is_one_also_among_others(data, read, end):
    (data / "x.csv").write_bytes(end.join([b"a,b", b"1,2", b'"x\ry",3\n4,5', b"6,7"]))
    assert [row["a"] for row in read(FileSource("s", "x.csv"))] == ["1", "x\ry", "4", "6"]


@pytest.mark.slow
def test_20_000_columns_are_read(data, read):
    names = [f"c{number}" for number in range(20_000)]
    (data / "x.csv").write_text("\n".join([",".join(names), ",".join(names), ",".join(names)]))
    assert [list(row) for row in read(FileSource("s", "x.csv"))] == [names, names]


@pytest.mark.slow
def test_20_000_columns_of_one_name_are_all_kept_renamed_and_reported(data):
    (data / "x.csv").write_text("\n".join([",".join(["a"] * 20_000), ",".join(map(str, range(20_000)))]))
    result = FileSource("s", "x.csv").fetch()
    assert list(result.data[0].values()) == [str(number) for number in range(20_000)]
    assert list(result.data[0])[:3] == ["a", "a_2", "a_3"]
    assert len(result.metadata.renamed_columns) == 19_999


@pytest.mark.parametrize("suffix", [".csv", ".json", ".jsonl", ".parquet", ".arrow"])
@pytest.mark.parametrize("packed", [False, True])
def test_0_bytes_are_an_empty_file(data, suffix, packed):
    name = f"x{suffix}{'.gz' if packed else ''}"
    (data / name).write_bytes(gzip.compress(b"") if packed else b"")
    error = FileSource("s", name).fetch().error
    assert isinstance(error, ParseError)
    assert str(error) == f"{name} is empty"


def test_a_header_only_is_an_error_unless_it_is_allowed(data, read):
    (data / "x.csv").write_text("a,b\n")
    with pytest.raises(ParseError, match="a header and no rows; if that is right, say allow_empty = true"):
        read(FileSource("s", "x.csv"))
    assert read(FileSource("s", "x.csv", allow_empty=True)) == []


BAD_VALUES = {
    "deep": (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "the JSON is nested too deeply"),
    "a key twice": (b'{"a": 1, "a": 2}', "the key 'a' occurs twice in one object"),
    "5,000 digits": (b'{"a": ' + b"9" * 5000 + b"}", "Exceeds the limit"),
    "NaN": (b'{"a": NaN}', "NaN is not JSON"),
    "1e999": (b'{"a": 1e999}', "the number 1e999 is out of range"),
}


@pytest.mark.parametrize("name", BAD_VALUES)
def test_json_that_would_lose_something_is_refused(data, name):
    value, reason = BAD_VALUES[name]
    (data / "x.json").write_bytes(b"[" + value + b"]")
    error = FileSource("s", "x.json").fetch().error
    assert isinstance(error, ParseError)
    assert str(error).startswith(f"x.json: {reason}")


@pytest.mark.parametrize("name", BAD_VALUES)
def test_such_a_line_of_json_goes_into_quarantine(data, name):
    value, reason = BAD_VALUES[name]
    (data / "x.jsonl").write_bytes(b'{"a": 0}\n' + value + b"\n")
    result = FileSource("s", "x.jsonl", on_bad_row="quarantine").fetch()
    assert result.data == [{"a": 0}]
    assert result.rejects[0].line_number == 2
    assert result.rejects[0].raw.startswith(value.decode()[:100_000])
    assert result.rejects[0].reason.startswith(reason)


def columnar(folder: Path, suffix: str) -> bytes:
    table = pa.table({"a": [f"text {number}" for number in range(500)], "b": range(500), "c": [[1], [2, 3]] * 250})
    path = folder / f"whole{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, path, row_group_size=100, use_dictionary=["a"])
    else:
        with ipc.new_file(path, table.schema) as writer:
            writer.write_table(table, 100)
    return path.read_bytes()


def survives(source: FileSource) -> None:
    """Both ways of reading give rows or a typed error."""
    for read in (fetched, streamed):
        rows: list[dict[str, object]] = []
        with suppress(SpineError):
            rows = read(source)
        assert all(isinstance(row, dict) for row in rows)


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_truncated_columnar_file_is_named(data, read, suffix):
    content = columnar(data, suffix)
    for size in (1, 7, 100, len(content) // 2, len(content) - 1):
        (data / f"x{suffix}").write_bytes(content[:size])
        with pytest.raises(ParseError, match=rf"x{suffix} is not a complete (Parquet|Arrow IPC) file"):
            read(FileSource("s", f"x{suffix}"))


@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_a_flipped_bit_gives_rows_or_a_typed_error(data, suffix):
    content = columnar(data, suffix)
    chance = random.Random(1)
    for _ in range(150):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (data / f"x{suffix}").write_bytes(damaged)
        survives(FileSource("s", f"x{suffix}"))


def test_a_truncated_gzip_file_is_named(data, read):
    packed = gzip.compress(b"a,b\n" + b"".join(b"%d,x\n" % number for number in range(100_000)))
    (data / "x.csv.gz").write_bytes(packed[: len(packed) // 2])
    with pytest.raises(ParseError, match=r"x\.csv\.gz is damaged or incomplete: .*; fetch the file again"):
        read(FileSource("s", "x.csv.gz", on_bad_row="skip"))


def pack(path: Path, megabytes: int) -> None:
    """Write so many megabytes of one short row, packed as the suffix says."""
    block = b"1," + b"2" * 99_997 + b"\n"
    block *= 10
    if path.suffix == ".zip":
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.csv", "w") as member:
            member.write(b"a,b\n")
            for _ in range(megabytes):
                member.write(block)
        return
    with pa.output_stream(str(path), compression="gzip" if path.suffix == ".gz" else "zstd") as stream:
        stream.write(b"a,b\n")
        for _ in range(megabytes):
            stream.write(block)


@pytest.mark.parametrize("suffix", [".gz", ".zst", ".zip"])
def test_a_bomb_stops_at_max_bytes(data, read, suffix):
    pack(data / f"x.csv{suffix}", 30)
    with pytest.raises(ParseError) as caught:
        read(FileSource("s", f"x.csv{suffix}", max_bytes=10_000_000))
    assert str(caught.value) == f"x.csv{suffix} has more than 10,000,000 bytes; if that is right, raise max_bytes"
    assert len(read(FileSource("s", f"x.csv{suffix}", max_bytes=31_000_000))) == 30 * 10


def test_a_bomb_stops_without_max_bytes_too(data):
    pack(data / "x.csv.zst", 300)
    error = FileSource("s", "x.csv.zst").fetch().error
    assert str(error) == "x.csv.zst has more than 268,435,456 bytes; if that is right, raise max_bytes"


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".arrow"])
def test_max_bytes_is_kept_by_files_without_compression_too(data, read, suffix):
    content = columnar(data, suffix) if suffix != ".csv" else b"a\n" + b"1\n" * 5000
    (data / f"x{suffix}").write_bytes(content)
    with pytest.raises(ParseError, match=rf"x{suffix} has more than 1,000 bytes"):
        read(FileSource("s", f"x{suffix}", max_bytes=1000))


@pytest.mark.parametrize("name", ["../x.csv", "/etc/x.csv", "a/../../x.csv", "..\\x.csv"])
def test_a_zip_whose_member_leads_out_of_it_is_refused(data, read, name):
    with zipfile.ZipFile(data / "x.csv.zip", "w") as archive:
        archive.writestr(name, "a\n1\n")
    with pytest.raises(ParseError, match=r"x\.csv\.zip is unsafe"):
        read(FileSource("s", "x.csv.zip"))


def test_of_a_zip_with_several_files_a_pattern_names_the_one_to_read(data, read):
    with zipfile.ZipFile(data / "x.zip", "w") as archive:
        archive.writestr("in/prices.csv", "a\n1\n")
        archive.writestr("readme.txt", "read me")
        archive.writestr("__MACOSX/in/._prices.csv", b"\0\5")
        archive.writestr("in/.DS_Store", b"\0")
    assert read(FileSource("s", "x.zip", format="csv", member="*.csv")) == [{"a": "1"}]
    assert read(FileSource("s", "x.zip", format="csv", member="in/prices.csv")) == [{"a": "1"}]
    with pytest.raises(ParseError, match=r"x\.zip holds 2 files: 'in/prices.csv', 'readme.txt'; name the one to read"):
        read(FileSource("s", "x.zip", format="csv"))
    with pytest.raises(ParseError, match=r"no file of it matches; member = '\*.json' must match exactly one"):
        read(FileSource("s", "x.zip", format="csv", member="*.json"))
    with pytest.raises(ParseError, match=r"2 files of it match: 'in/prices.csv', 'readme.txt'"):
        read(FileSource("s", "x.zip", format="csv", member="*"))


WORKBOOK = b"PK\3\4" + b"\0" * 26 + b"[Content_Types].xml"
CONTAINERS = {
    "gzip": (gzip.compress(b"a\n1\n"), "let its name end in .gz"),
    "a zip archive": (b"PK\3\4" + b"\0" * 26 + b"x.csv", "let its name end in .zip"),
    "an Excel workbook (xlsx)": (WORKBOOK, "have it exported as text"),
}


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".json"])
@pytest.mark.parametrize("name", CONTAINERS)
def test_an_archive_or_a_workbook_that_is_named_like_text_is_told_by_its_first_bytes(data, name, suffix):
    content, fix = CONTAINERS[name]
    (data / f"x{suffix}").write_bytes(content)
    error = FileSource("s", f"x{suffix}").fetch().error
    assert str(error) == f"x{suffix} is not text, but {name} by its first bytes: {fix}"


def test_windows_text_gets_the_hint_that_keeps_its_signs_and_a_cut_file_none(data, read):
    (data / "w.csv").write_bytes("id,text\n1,“hi” 5 €\n".encode("cp1252"))
    with pytest.raises(ParseError, match='line 2: byte 0x93 is not valid utf-8; try encoding = "cp1252"'):
        read(FileSource("s", "w.csv"))
    assert read(FileSource("s", "w.csv", encoding="cp1252")) == [{"id": "1", "text": "“hi” 5 €"}]
    (data / "cut.csv").write_bytes("a,b\n1,é".encode()[:-1])
    with pytest.raises(ParseError, match="is not valid utf-8; it ends within a character: fetch the file again"):
        read(FileSource("s", "cut.csv"))


def test_a_zip_holds_one_file(data, read):
    with zipfile.ZipFile(data / "x.csv.zip", "w") as archive:
        archive.mkdir("folder")
        archive.writestr("folder/x.csv", "a\n1\n")
    assert read(FileSource("s", "x.csv.zip")) == [{"a": "1"}]
    with zipfile.ZipFile(data / "x.csv.zip", "a") as archive:
        archive.writestr("../y.csv", "a\n1\n")
    with pytest.raises(ParseError, match=r"x\.csv\.zip holds 2 files: 'folder/x.csv', '../y.csv'; name the one"):
        read(FileSource("s", "x.csv.zip"))
    (data / "x.csv.zip").write_bytes(b"PK\x03\x04 nothing")
    with pytest.raises(ParseError, match=r"x\.csv\.zip is damaged or incomplete"):
        read(FileSource("s", "x.csv.zip"))


def test_a_zip_with_a_flipped_bit_gives_rows_or_a_typed_error(data):
    with zipfile.ZipFile(data / "whole.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.csv", json.dumps(list(range(300))).replace(", ", "\n"))
    content = (data / "whole.zip").read_bytes()
    chance = random.Random(1)
    for _ in range(150):
        damaged = bytearray(content)
        damaged[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
        (data / "x.csv.zip").write_bytes(damaged)
        survives(FileSource("s", "x.csv.zip"))
