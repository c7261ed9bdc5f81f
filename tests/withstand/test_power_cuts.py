"""A power cut loses at most the last transactions, with `synchronous = "full"` none, and damages nothing."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random

import pytest

from tests.withstand.checker import Verdict
from tests.withstand.disk_record import Change, Disk, read_record
from tests.withstand.disk_shim import run_with_shim

SEED = 20_263


@pytest.mark.slow
@pytest.mark.parametrize("synchronous", ["normal", "full"])
@pytest.mark.parametrize("cuts", [3, 40, pytest.param(600, marks=pytest.mark.soak)])
def test_a_power_cut_damages_nothing_and_the_work_is_finished_after_it(
    tmp_path: Path, synchronous: str, cuts: int
) -> None:
    printed = run_with_shim("power_cuts", tmp_path, synchronous, str(cuts), str(SEED))
    Verdict(**json.loads(printed)).report({"seed": SEED, "synchronous": synchronous})


@pytest.mark.slow
def test_the_loss_of_a_disk_that_lies_about_its_syncs_is_found(tmp_path: Path) -> None:
    found = Verdict(**json.loads(run_with_shim("power_cuts", tmp_path, "lying", "4", str(SEED))))
    assert found.lost or found.unsound
    assert not found.is_clean()


def cuts(changes: list[Change], count: int = 200) -> list[dict[str, bytes]]:
    """Return the disks that power cuts after these changes may leave."""
    found = []
    for seed in range(count):
        disk = Disk()
        for change in changes:
            disk.apply(change)
        found.append(disk.left(Random(seed)))
    return found


NEW = Change("create", 0, b"", "a")
WRITE = Change("write", 0, b"x" * 1024, "a")
SYNC, FOLDER = Change("sync", 0, b"", "a"), Change("sync", 0, b"", "")


def test_what_was_synced_survives_every_cut() -> None:
    assert all(found == {"a": WRITE.data} for found in cuts([NEW, WRITE, SYNC, FOLDER]))


def test_what_was_not_synced_is_kept_dropped_or_torn() -> None:
    found = cuts([NEW, FOLDER, WRITE])
    assert {len(each["a"]) for each in found} == {0, 512, 1024}


def test_a_name_is_lost_until_its_folder_is_synced() -> None:
    found = cuts([NEW, WRITE, SYNC, Change("rename", 0, b"", "a", "b")])
    assert {tuple(each) for each in found} == {(), ("a",), ("b",)}


def test_a_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    record = tmp_path / "record"
    record.write_bytes(b"create\t0\t0\t/p/a\nwrite\t5\t3\t/p/a\nx\ny" + b"rename\t0\t0\t/p/a\t/p/c/b\nsync\t0\t0\t/p\n")
    record.write_bytes(record.read_bytes() + b"mark\t0\t0\tload\n")
    assert read_record(record, Path("/p")) == [
        Change("create", 0, b"", "a"),
        Change("write", 5, b"x\ny", "a"),
        Change("rename", 0, b"", "a", "c/b"),
        Change("sync", 0, b"", ""),
        Change("mark", 0, b"", "load"),
    ]
