"""An I/O error at the n-th call on the files of a project, for every n; prints a verdict as JSON.

Usage: io_errors.py FOLDER EVERY SEED. Of every `EVERY` calls one fails, beginning at a random one: once, or it and all
calls after it until the project is opened again.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
from pathlib import Path

import pyarrow.parquet  # noqa: F401 - before the forks
from attrs import asdict

from tests.withstand import disk_shim
from tests.withstand.checker import Kept, Verdict, judge, look
from tests.withstand.forks import Ended, in_fork
from tests.withstand.workload import make_folder, make_tables, recover, work

URL = "sqlite:///s.db"


class Sweep:
    """Cases in copies of a project with empty tables."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._template = make_folder(folder / "template", URL)
        in_fork(lambda: make_tables(f"sqlite:///{self._template}/s.db"))

    def new(self) -> Path:
        case = self._folder / "case"
        shutil.rmtree(case, ignore_errors=True)
        shutil.copytree(self._template, case)
        return case

    def attempt(self, call: int, *, forever: bool = False) -> tuple[Path, Ended]:
        """Do the work with a failing call, and return its folder, and what the process said of itself."""
        case = self.new()

        def child() -> dict[str, object]:
            acknowledged: list[str] = []
            disk_shim.watch(case)
            disk_shim.fail_at(call, forever=forever)
            raw = work(case, acknowledged.append)
            number = disk_shim.calls()
            disk_shim.fail_at(0)
            return {"raw": raw, "acknowledged": acknowledged, "calls": number}

        return case, in_fork(child)


def examine(case: Path, ended: Ended, expected: Kept) -> Verdict:
    """Return the verdict on a case after its recovery."""
    verdict = Verdict(cases=1)
    if ended.hung:
        verdict.stuck.append("the process did not end")
    if not ended.ended_well and not ended.hung:
        verdict.untyped.append("the process died")
    said = ended.value or {"raw": [], "acknowledged": []}
    verdict.untyped += said["raw"]
    before = in_fork_look(case)
    recovered = in_fork(lambda: recover(case))
    if not recovered.ended_well:
        verdict.stuck.append("it could not be recovered")
    judged = judge(in_fork_look(case), expected, before, said["acknowledged"])
    judged.cases = 0
    verdict.add(judged)
    return verdict


def in_fork_look(case: Path) -> Kept:
    """Return what a project has kept; read in this process, which closes what it opened."""
    return look(case)


def main(folder: Path, every: int, seed: int) -> None:
    chance = random.Random(seed)
    sweep = Sweep(folder)
    case, undisturbed = sweep.attempt(0)
    assert undisturbed.ended_well, undisturbed
    expected = look(case)
    total = undisturbed.value["calls"]
    verdict = Verdict()
    for forever in (False, True):
        for call in range(1 + chance.randrange(every), total + 1, every):
            case, ended = sweep.attempt(call, forever=forever)
            where = f"{'from' if forever else 'at'} call {call} of {total}"
            verdict.add(examine(case, ended, expected), where)
            verdict.faults += 1
    print(json.dumps(asdict(verdict)))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
