"""Verification of captures' files, and the errors that name what is damaged."""

from __future__ import annotations

import pickle
from pathlib import Path

import pytest
from attrs import evolve

from spine.framework.captures import (
    DamagedCaptureError,
    MemoryCaptureStore,
    PayloadStore,
    capture,
    list_captures,
    read_capture,
)
from spine.framework.captures.verify import verify_captures

pytestmark = pytest.mark.parametrize("store", ["files"], indirect=True)


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[8] ^= 1
    path.write_bytes(content)


def test_each_revision_of_a_damaged_file_is_named_and_the_file_read_once(root: Path, store: MemoryCaptureStore) -> None:
    first = capture("otc", [{"n": 1}], partition={"day": "1"})
    capture("otc", [{"n": 1}], partition={"day": "2"})
    capture("sound", [{"n": 1}])
    damage(root / first.location)
    read: list[int] = []
    found = verify_captures(PayloadStore(root), list_captures(), read.append)
    assert [(error.capture.partition, error.damage) for error in found if error.capture] == [
        ({"day": "1"}, "is damaged"),
        ({"day": "2"}, "is damaged"),
    ]
    assert len(read) == 2


def test_a_missing_file_is_named(root: Path, store: MemoryCaptureStore) -> None:
    (root / capture("otc", [{"n": 1}]).location).unlink()
    [error] = verify_captures(PayloadStore(root), list_captures())
    assert error.damage == "is missing"


def test_the_error_of_a_read_names_capture_file_run_and_the_next_command(root: Path, store: MemoryCaptureStore) -> None:
    made = capture("otc", [{"n": 1}], partition={"day": "1"})
    [made] = store.commit([evolve(made, name="prices", run_id="r1", step="load")])
    damage(root / made.location)
    with pytest.raises(DamagedCaptureError) as raised:
        _ = read_capture("prices", partition={"day": "1"}).table
    assert str(raised.value) == (
        f'capture \'prices\' {{"day":"1"}} revision 1 of run r1: its file {root / made.location} is damaged: '
        "capture the same data again or restore the file, then run spine captures verify prices"
    )
    assert (raised.value.context.run_id, raised.value.context.step) == ("r1", "load")
    again = pickle.loads(pickle.dumps(raised.value))  # made here
    assert (str(again), again.damage) == (str(raised.value), "is damaged")


def test_a_new_capture_of_the_same_content_repairs_every_revision(root: Path, store: MemoryCaptureStore) -> None:
    made = capture("otc", [{"n": 1}], partition={"day": "1"})
    damage(root / made.location)
    assert capture("otc", [{"n": 1}], partition={"day": "1"}).unchanged
    assert read_capture("otc", partition={"day": "1"}).data == [{"n": 1}]
    damage(root / made.location)
    assert capture("otc", [{"n": 1}], partition={"day": "2"}).revision == 1
    assert read_capture("otc", partition={"day": "1"}).data == [{"n": 1}]
