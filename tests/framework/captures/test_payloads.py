"""Payloads: whole or not there at all, and read back as they were written."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import SchemaError, StorageError, ValidationError
from spine.framework.captures import DamagedCaptureError, PayloadStore, content_hash
from tests.projects import DEADLINE_SECONDS

ROWS = pa.table({"symbol": ["AAPL", None, "NA"], "shares": [1, 2, None]})
DIGEST = content_hash(ROWS)


def files(root: Path) -> list[str]:
    """Return every file below `root`, hidden ones too."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


def write(store: PayloadStore, call: str) -> int:
    """Write ROWS as payload "x" by one of the two ways, and return the size."""
    if call == "write":
        return store.write("x", DIGEST, ROWS)[1]
    return store.write_batches("x", ROWS.schema, ROWS.to_batches()).byte_count


def child(script: str, *arguments: object, **options) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(script), *map(str, arguments)],
        stdout=subprocess.PIPE,
        text=True,
        **options,
    )


def test_a_payload_is_kept_under_its_name_and_content_and_read_back(root):
    location, byte_count = PayloadStore(root).write("finra.otc", DIGEST, ROWS)
    assert location == f"finra.otc/{DIGEST}.parquet"
    assert files(root) == [location]
    assert byte_count == (root / location).stat().st_size
    assert PayloadStore(root).read(location).equals(ROWS)


def test_batches_become_the_same_file_as_the_table_of_them(root):
    store = PayloadStore(root)
    payload = store.write_batches("finra.otc", ROWS.schema, ROWS.to_batches(max_chunksize=1))
    assert payload.content_hash == DIGEST
    assert (payload.row_count, payload.schema) == (3, [["symbol", "string"], ["shares", "int64"]])
    assert store.write("finra.otc", DIGEST, ROWS) == (payload.location, payload.byte_count)
    assert files(root) == [payload.location]
    assert store.read(payload.location).equals(ROWS)


def test_a_payload_that_is_there_is_not_written_again(root):
    store = PayloadStore(root)
    location, _ = store.write("finra.otc", DIGEST, ROWS)
    first = (root / location).stat()
    store.write("finra.otc", DIGEST, ROWS)
    store.write_batches("finra.otc", ROWS.schema, ROWS.to_batches())
    assert (root / location).stat().st_ino == first.st_ino


@pytest.mark.parametrize("call", ["write", "write_batches"])
def test_a_payload_that_is_there_is_younger_once_it_is_used_again(root, call):
    """Files that no capture refers to are removed by their age."""
    store = PayloadStore(root)
    location, _ = store.write("x", DIGEST, ROWS)
    os.utime(root / location, (0, 0))
    write(store, call)
    assert (root / location).stat().st_mtime > 0


@pytest.mark.parametrize("call", ["write", "write_batches"])
@pytest.mark.parametrize("damage", ["halved", "flipped", "zeroed"])
def test_a_damaged_payload_is_repaired_by_the_same_content_and_never_taken_over(root, call, damage):
    store = PayloadStore(root)
    location, _ = store.write("x", DIGEST, ROWS)
    good = (root / location).read_bytes()
    middle = len(good) // 2
    flipped = good[:middle] + bytes([good[middle] ^ 1]) + good[middle + 1 :]
    bad = {"halved": good[:middle], "flipped": flipped, "zeroed": good[:100] + bytes(len(good) - 100)}[damage]
    (root / location).write_bytes(bad)
    assert write(store, call) == len(good)
    assert (root / location).read_bytes() == good
    assert files(root) == [location]


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, None], pa.timestamp("s")),
        pa.array([1, None], pa.time32("s")),
        pa.array([86_400_000, None], pa.date64()),
        pa.array([[1], None], pa.list_(pa.timestamp("s", "UTC"))),
        pa.array(["a", None]).dictionary_encode(),
        pa.array(["a", None], pa.large_string()),
        pa.array([1.5, None], pa.float16()),
        pa.array([None, None]),
        pa.array([b"a" * 16, None], pa.uuid()),
        pa.array([[("k", [None])], None], pa.map_(pa.string(), pa.list_(pa.null()))),
    ],
    ids=lambda column: str(column.type),
)
def test_types_that_parquet_lacks_come_back_as_they_were(root, column):
    table = pa.table({"c": column})
    back = PayloadStore(root).read(PayloadStore(root).write("x", content_hash(table), table)[0])
    assert back.schema.equals(table.schema)
    assert content_hash(back) == content_hash(table)


cells = st.none() | st.text(st.characters(exclude_categories=["Cs"])) | st.sampled_from(["NA", "007", "1e5", "\0", ""])


@pytest.mark.slow
@given(st.lists(st.tuples(cells, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats())))
def test_every_table_comes_back_with_the_same_content(rows):
    columns = zip(*rows, strict=True) if rows else ([], [], [])
    kinds = {"text": pa.string(), "number": pa.int64(), "ratio": pa.float64()}
    table = pa.table([pa.array(c, k) for c, k in zip(columns, kinds.values(), strict=True)], names=list(kinds))
    with tempfile.TemporaryDirectory() as folder:
        store = PayloadStore(Path(folder))
        assert content_hash(store.read(store.write("x", content_hash(table), table)[0])) == content_hash(table)


def test_columns_of_the_same_name_and_no_columns_at_all_are_kept(root):
    store = PayloadStore(root)
    for table in (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["a", "a"]), pa.table({})):
        assert store.read(store.write("x", content_hash(table), table)[0]).equals(table)


def test_a_type_that_cannot_be_kept_is_a_schema_error_and_leaves_nothing(root):
    table = pa.table({"empty": pa.array([{}], pa.struct([]))})
    with pytest.raises(SchemaError, match=r"capture 'x' cannot be kept as Parquet: .*'empty'"):
        PayloadStore(root).write("x", content_hash(table), table)
    assert files(root) == []


def test_an_error_of_the_supplier_of_batches_is_raised_unchanged_and_leaves_no_file(root):
    def batches():
        yield from ROWS.to_batches()
        raise FileNotFoundError("the source went away")

    with pytest.raises(FileNotFoundError, match="the source went away"):
        PayloadStore(root).write_batches("x", ROWS.schema, batches())
    assert files(root) == []


def test_a_missing_payload_says_where_it_should_be(root):
    with pytest.raises(StorageError, match=r"captures/x/abc\.parquet is missing"):
        PayloadStore(root).read("x/abc.parquet")


@pytest.mark.parametrize("damage", ["truncated", "flipped", "emptied"])
def test_a_damaged_payload_is_never_read(root, damage):
    location, _ = PayloadStore(root).write("x", DIGEST, ROWS)
    content = bytearray((root / location).read_bytes())
    if damage == "flipped":
        content[content.index(b"AAPL")] ^= 1
    (root / location).write_bytes({"truncated": content[:-20], "flipped": content, "emptied": b""}[damage])
    with pytest.raises(DamagedCaptureError, match=r"is damaged|cannot be read"):
        PayloadStore(root).read(location)


@pytest.mark.parametrize("location", ["../secret.parquet", "x/../../secret.parquet", "/etc/passwd"])
def test_nothing_outside_of_the_store_is_read(root, location):
    with pytest.raises(StorageError, match="is not a place below"):
        PayloadStore(root).read(location)


@pytest.mark.parametrize("name", ["../x", "a/b", "", "a\0b", ".hidden"])
def test_nothing_outside_of_the_store_is_written(root, name):
    with pytest.raises(ValidationError, match="capture name"):
        PayloadStore(root).write(name, DIGEST, ROWS)
    assert not root.exists()


def test_a_store_that_cannot_be_made_says_where(tmp_path):
    (tmp_path / "captures").write_text("a file")
    with pytest.raises(StorageError, match=r"cannot write capture 'x' to .*captures/x: Not a directory"):
        PayloadStore(tmp_path / "captures").write("x", DIGEST, ROWS)


@pytest.mark.skipif(os.name != "posix", reason="limits file sizes the POSIX way")
@pytest.mark.parametrize(
    "call", ["write('x', content_hash(table), table)", "write_batches('x', table.schema, batches)"]
)
def test_a_disk_that_takes_no_more_is_a_storage_error_with_the_room_needed_and_leaves_nothing(root, call):
    """The kernel refuses the bytes beyond a limit to this process, as a full disk does."""
    script = f"""
        import os, resource, sys
        from pathlib import Path
        import pyarrow as pa
        from spine.core.errors import StorageError
        from spine.framework.captures import PayloadStore, content_hash

        table = pa.table({{"noise": [os.urandom(1000) for _ in range(2000)]}})
        batches = table.to_batches(max_chunksize=100)
        resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
        try:
            PayloadStore(Path(sys.argv[1])).{call}
        except StorageError as error:
            print(error)
    """
    with child(script, root, stderr=subprocess.PIPE) as process:
        said, complaints = process.communicate(timeout=DEADLINE_SECONDS)
    assert "cannot write capture 'x'" in said
    assert "File too large; it needs" in said
    assert "are free there" in said
    assert complaints == ""
    assert files(root) == []


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX")
def test_a_writer_that_is_killed_leaves_no_payload_and_the_next_one_is_not_disturbed(root):
    script = """
        import sys
        from pathlib import Path
        import pyarrow as pa
        from spine.framework.captures import PayloadStore

        batch = pa.record_batch({"n": pa.array(range(262_144))})

        def batches():
            yield batch
            yield batch  # the first one is a row group in the file now
            print("writing", flush=True)
            sys.stdin.read()
            yield batch

        PayloadStore(Path(sys.argv[1])).write_batches("x", batch.schema, batches())
    """
    with child(script, root, stdin=subprocess.PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == "writing\n"
        os.kill(process.pid, signal.SIGKILL)
    [left] = files(root)
    assert Path(left).name.startswith(".")
    assert (root / left).stat().st_size > 1000

    location, _ = PayloadStore(root).write("x", DIGEST, ROWS)
    assert PayloadStore(root).read(location).equals(ROWS)
    assert files(root) == [left, location]

    os.utime(root / left, (0, 0))
    PayloadStore(root).write("x", "0" * 64, ROWS)
    assert left not in files(root)


@pytest.mark.slow
def test_memory_stays_bounded_while_batches_are_written(root):
    """Arrow holds one row group and its encoding at any time, a fraction of all data that passes through."""
    noise = pa.py_buffer(os.urandom(2 * 2**20))
    schema = pa.schema([("noise", pa.binary(16))])
    rows = noise.size // 16
    before, most = pa.total_allocated_bytes(), 0

    def batches():
        nonlocal most
        for _ in range(48):
            copy = pa.Array.from_buffers(pa.binary(16), rows, [None, noise]).take(pa.array(range(rows)))
            yield pa.record_batch([copy], schema)
            most = max(most, pa.total_allocated_bytes() - before)

    payload = PayloadStore(root).write_batches("x", schema, batches())
    assert payload.row_count == 48 * rows
    assert most < 48 * noise.size / 2
