"""Payloads in a folder, in the memory of fsspec and on a real S3 server behave alike."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import textwrap
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from typing import Any

import pyarrow as pa
import pytest

from spine.core.errors import ConfigError, ErrorCategory, SchemaError, StorageError
from spine.framework.captures import DamagedCaptureError, content_hash
from spine.framework.captures.draft import ROW_GROUP_ROWS
from spine.framework.captures.remote import RemotePayloads
from tests.payload_places import Place
from tests.projects import DEADLINE_SECONDS

ROWS = pa.table({"symbol": ["AAPL", None, "NA"], "shares": [1, 2, None]})
DIGEST = content_hash(ROWS)
BIG = 3 * ROW_GROUP_ROWS
WIDE = pa.table({"id": range(BIG), "noise": random.Random(0).choices(range(2**40), k=BIG)})


def write(place: Place, call: str, rows: pa.Table = ROWS) -> tuple[str, int]:
    if call == "write":
        return place.store().write("x", content_hash(rows), rows)
    payload = place.store().write_batches("x", rows.schema, rows.to_batches())
    return payload.location, payload.byte_count


@pytest.mark.parametrize("call", ["write", "write_batches"])
def test_a_payload_is_kept_under_its_name_and_content_and_read_back(place: Place, call: str) -> None:
    location, byte_count = write(place, call)
    assert location == f"x/{DIGEST}.parquet"
    assert place.files() == [location]
    assert byte_count == len(place.get(location))
    assert place.store().read(location).equals(ROWS)
    assert [(file.location, file.kind, file.byte_count) for file in place.store().files()] == [
        (location, "payload", byte_count)
    ]


@pytest.mark.parametrize("call", ["write", "write_batches"])
@pytest.mark.parametrize("damage", ["halved", "flipped", "zeroed", "emptied"])
def test_a_damaged_payload_is_never_read_and_repaired_by_the_same_content(place: Place, call: str, damage: str) -> None:
    location, _ = write(place, "write")
    good = place.get(location)
    flipped = good[:20] + bytes([good[20] ^ 1]) + good[21:]
    bad = {"halved": good[: len(good) // 2], "flipped": flipped, "zeroed": bytes(len(good)), "emptied": b""}[damage]
    place.put(location, bad)
    for use in (place.store().read, place.store().verify, lambda where: place.store().scan(where).read_all()):
        with pytest.raises(DamagedCaptureError):
            use(location)
    assert write(place, call) == (location, len(good))
    assert place.get(location) == good
    assert place.files() == [location]


def test_only_the_columns_and_row_groups_that_are_needed_are_read(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    if place.is_folder:
        pytest.skip("test_scan counts the reads of a folder")
    location, size = write(place, "write", WIDE)
    asked: list[int] = []
    read = RemotePayloads._read

    def counted(store: RemotePayloads, path: str, start: int, stop: int) -> bytes:
        asked.append(stop - start)
        return read(store, path, start, stop)

    monkeypatch.setattr(RemotePayloads, "_read", counted)
    found = place.store().scan(location, columns=["noise"], where=[("id", ">=", WIDE.num_rows - 5)]).read_all()
    assert found.equals(WIDE.select(["noise"]).slice(WIDE.num_rows - 5))
    assert sum(asked) < size / 2


def test_a_missing_payload_says_where_it_should_be(place: Place) -> None:
    with pytest.raises(DamagedCaptureError, match=rf"captures/x/{'0' * 64}\.parquet is missing"):
        place.store().read(f"x/{'0' * 64}.parquet")
    with pytest.raises(DamagedCaptureError, match="is missing"):
        place.store().verify(f"x/{'0' * 64}.parquet")


@pytest.mark.parametrize("location", ["../secret.parquet", "x/../../secret.parquet", "/etc/passwd"])
def test_nothing_outside_of_the_store_is_read(place: Place, location: str) -> None:
    with pytest.raises(StorageError, match="is not a place below"):
        place.store().read(location)


def test_a_type_that_cannot_be_kept_is_a_schema_error_and_leaves_nothing(place: Place) -> None:
    table = pa.table({"empty": pa.array([{}], pa.struct([]))})
    with pytest.raises(SchemaError, match=r"capture 'x' cannot be kept as Parquet: .*'empty'"):
        place.store().write("x", content_hash(table), table)
    assert place.files() == []


def test_an_empty_store_has_no_files(place: Place) -> None:
    assert list(place.store().files()) == []


def test_a_file_is_removed_only_as_it_was_found(place: Place) -> None:
    location, _ = write(place, "write")
    place.put("x/of-someone-else.txt", b"stays")
    [found] = place.store().files()
    place.put(location, place.get(location) + b"more")
    assert not place.store().remove(found)
    [found] = place.store().files()
    assert place.store().remove(found)
    assert not place.store().remove(found)
    assert place.files() == ["x/of-someone-else.txt"]


def test_a_file_that_is_written_again_is_younger(place: Place) -> None:
    """Files that no capture refers to are removed by their age."""
    write(place, "write")
    [first] = place.store().files()
    give_up = time.monotonic() + DEADLINE_SECONDS
    while True:  # S3 counts whole seconds
        write(place, "write")
        [second] = place.store().files()
        if second.modified_at > first.modified_at or time.monotonic() > give_up:
            break
        time.sleep(0.1)
    assert timedelta() < second.modified_at - first.modified_at


def read_again(place: Place, location: str) -> pa.Table:
    """Read a payload; again where moto says that a range is not in the object, whose size its threads mix up."""
    while True:
        try:
            return place.store().read(location)
        except StorageError as error:
            if "requested range is not satisfiable" not in str(error):
                raise


def test_many_writers_of_the_same_content_make_one_payload_that_is_never_half_there(place: Place) -> None:
    location, _ = write(place, "write", WIDE)
    with ThreadPoolExecutor(6) as pool:
        written = [pool.submit(write, place, "write", WIDE) for _ in range(4)]
        read = [pool.submit(read_again, place, location) for _ in range(4)]
        assert {each.result()[0] for each in written} == {location}
        assert all(each.result().equals(WIDE) for each in read)
    assert place.files() == [location]


WRITER = """
    import json, sys
    import pyarrow as pa
    from tests.payload_places import Place

    place = Place(sys.argv[1], json.loads(sys.argv[2]))
    batch = pa.record_batch({"n": pa.array(range(300_000)), "k": pa.array([sys.argv[3]] * 300_000)})
    print("ready", flush=True)
    sys.stdin.readline()
    while True:
        place.store().write_batches("x", batch.schema, [batch])
"""


def killed_writers(place: Place, kills: int) -> None:
    """Kill writers at random moments: what is under the name of a payload is whole, and a later writer completes it."""
    import json

    chance = random.Random(kills)
    for number in range(kills):
        arguments = [place.url, json.dumps(place.options), str(number)]
        with subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(WRITER), *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as writer:
            assert writer.stdin
            assert writer.stdout
            assert writer.stdout.readline() == "ready\n"
            writer.stdin.write("go\n")
            writer.stdin.flush()
            time.sleep(chance.random() * 0.4)
            writer.send_signal(signal.SIGKILL)
        for file in place.store().files():
            if file.kind == "payload":
                place.store().verify(file.location)
    batch = pa.record_batch({"n": pa.array(range(300_000)), "k": pa.array(["0"] * 300_000)})
    payload = place.store().write_batches("x", batch.schema, [batch])
    assert place.store().read(payload.location).equals(pa.Table.from_batches([batch]))


@pytest.mark.slow
@pytest.mark.parametrize("place", ["folder", "s3"], indirect=True)
def test_writers_that_are_killed_leave_nothing_half_visible(place: Place) -> None:
    killed_writers(place, 20)


@pytest.mark.soak
@pytest.mark.parametrize("place", ["folder", "s3"], indirect=True)
def test_a_hundred_writers_that_are_killed_leave_nothing_half_visible(place: Place) -> None:
    killed_writers(place, 100)


@pytest.mark.parametrize(
    ("url", "options", "complaint"),
    [
        ("nosuch://bucket", {}, r"store: 'nosuch' is no scheme that fsspec knows"),
        ("s3://key:hunter22@bucket/x", {}, r"store holds credentials: leave them to the environment"),
        ("https://127.0.0.1/x", {}, "store: https URLs can only be read"),
    ],
)
def test_a_url_that_cannot_be_a_store_is_refused(url: str, options: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=complaint) as caught:
        RemotePayloads(url, options)
    assert "hunter22" not in str(caught.value)


def test_a_package_that_is_not_installed_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(import_module("fsspec.registry")._registry, "s3", raising=False)
    with pytest.raises(ConfigError, match=r"s3://\.\.\. needs packages .*: pip install 'spine-core\[remote\]'"):
        RemotePayloads("s3://bucket/x", {})


def test_a_server_that_is_not_reached_is_a_storage_error_to_try_again() -> None:
    options = {"key": "testing", "secret": "testing-secret", "endpoint_url": "http://127.0.0.1:1"}
    options |= {"config_kwargs": {"retries": {"max_attempts": 0}}}
    store = RemotePayloads("s3://bucket/x", options)
    with pytest.raises(StorageError, match=r"cannot write s3://bucket/x/x/.*") as caught:
        store.write("x", DIGEST, ROWS)
    assert (caught.value.retryable, caught.value.category) == (True, ErrorCategory.NETWORK)
    assert "testing-secret" not in str(caught.value)
    with pytest.raises(StorageError, match=r"cannot list s3://bucket/x"):
        list(store.files())


def test_a_bucket_that_does_not_exist_is_a_storage_error(s3: Place) -> None:
    store = RemotePayloads("s3://no-such-bucket/x", s3.options)
    with pytest.raises(StorageError, match=r"cannot write .*: does the bucket exist\?") as caught:
        store.write("x", DIGEST, ROWS)
    assert not caught.value.retryable


def test_refused_rights_are_a_storage_error_of_category_auth(s3: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3.store()

    def refuse(*_arguments: object, **_options: object) -> None:
        raise PermissionError("Access Denied")

    monkeypatch.setattr(store._filesystem, "put_file", refuse)
    with pytest.raises(StorageError, match="Access Denied") as caught:
        store.write("x", DIGEST, ROWS)
    assert (caught.value.retryable, caught.value.category) == (False, ErrorCategory.AUTH)
