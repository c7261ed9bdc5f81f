"""Power cuts in the work of a project, at random moments of its recorded writes; prints a verdict as JSON.

Usage: power_cuts.py FOLDER SYNCHRONOUS CUTS SEED. With `full`, nothing that was acknowledged may be gone; `lying` is
`full` on a disk that says it is done with a sync before it is.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from random import Random

import pyarrow.parquet  # noqa: F401 - before the forks
from attrs import asdict

from tests.withstand import disk_shim
from tests.withstand.checker import Kept, Verdict, judge, look
from tests.withstand.disk_record import Change, Disk, read_record
from tests.withstand.forks import in_fork
from tests.withstand.workload import make_folder, make_tables, recover, work

NOT_ON_DISK = ("-shm", ".log")  # the index of SQLite's log is made anew, and the side file is not part of the project


def record_work(folder: Path, url: str) -> tuple[list[Change], Kept]:
    """Return the changes that the work makes to the files of `before`, and what the project has kept after it."""
    begin = make_folder(folder / "begin", url)
    in_fork(lambda: make_tables(url.replace("sqlite:///", f"sqlite:///{begin}/")))
    shutil.copytree(begin, folder / "before")

    def child() -> None:
        disk_shim.watch(begin)
        disk_shim.record_to(folder / "record")
        assert not work(begin, disk_shim.mark)
        disk_shim.record_to(None)

    assert in_fork(child).ended_well
    changes = read_record(folder / "record", begin)
    return [change for change in changes if not change.path.endswith(NOT_ON_DISK)], look(begin)


def cut(disk: Disk, changes: list[Change], case: Path, chance: Random) -> list[str]:
    """Write what a cut after a random change leaves to `case`, and return what had been acknowledged."""
    acknowledged = []
    for change in changes[: chance.randrange(len(changes) + 1)]:
        if change.kind == "mark":
            acknowledged.append(change.path)
        disk.apply(change)
    for name, content in disk.left(chance).items():
        path = case / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return acknowledged


def examine(case: Path, expected: Kept, acknowledged: list[str]) -> Verdict:
    """Return the verdict on a case after its recovery."""
    try:
        before = look(case)
        recovered = in_fork(lambda: recover(case))
        verdict = judge(look(case), expected, before, acknowledged)
    except Exception as error:
        return Verdict(cases=1, unsound=[f"{type(error).__name__}: {error}"])
    if not recovered.ended_well:
        verdict.stuck.append("it could not be recovered")
    return verdict


def main(folder: Path, synchronous: str, cuts: int, seed: int) -> None:
    chance = Random(seed)
    is_lying = synchronous == "lying"
    changes, expected = record_work(folder, f"sqlite:///s.db?synchronous={'full' if is_lying else synchronous}")
    changes = [change for change in changes if not is_lying or change.kind != "sync"]
    verdict = Verdict()
    for number in range(cuts):
        case = folder / "case"
        shutil.rmtree(case, ignore_errors=True)
        acknowledged = cut(Disk.of(folder / "before"), changes, case, chance)
        judged = examine(case, expected, [] if synchronous == "normal" else acknowledged)
        judged.faults = 1
        verdict.add(judged, f"cut {number}")
    print(json.dumps(asdict(verdict)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
