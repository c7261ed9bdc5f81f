"""Three schedulers and three workers with every fault at random: nothing is lost, doubled, stuck or silent."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from random import Random, SystemRandom

import pytest

from tests.databases import PostgresServer
from tests.disks import small_disk
from tests.e2e.soak import Soak, make
from tests.e2e.soak_check import KINDS
from tests.machine_clock import MachineClock

CLOCK = ("suspend", "move_clock", "step_clock")


def soak(
    folder: Path,
    server: PostgresServer | None,
    seconds: float,
    every: float,
    kinds: Sequence[str] = (),
    *,
    seed: int | None = 1,
) -> None:
    """Soak a project on a disk of its own; without a seed its choices are new, and SOAK_SEED repeats earlier ones."""
    seed = int(os.environ.get("SOAK_SEED") or (SystemRandom().randrange(10**6) if seed is None else seed))
    clock = MachineClock(folder if server is None else server.folder)
    with small_disk(folder / "disk", 300) as disk:
        if server is not None:
            server.environ = clock.environ
            server.restart()
        project = make(disk, "sqlite:///spine.db" if server is None else server.url, every)
        work = Soak(project, clock, Random(seed), folder / "log", server, kinds)
        work.run(seconds)
        found = work.drain()
        checked = project.run("db", "check")
        if found.faults:
            shutil.copytree(disk, folder / "kept")
    counts = ", ".join(f"{kind} {len(getattr(found, kind))}" for kind in KINDS)
    print(f"seed {seed}: {sum(work.faults.values())} faults {dict(work.faults)}, {dict(found.figures)}, {counts}")
    print(f"{len(work.finished)} runs were reported as COMPLETED")
    assert found.faults == {}, f"seed {seed}: see {work.log}"
    assert checked.code == 0, checked.stdout + checked.stderr


@pytest.mark.slow
def test_half_a_minute_on_a_file(tmp_path: Path) -> None:
    soak(tmp_path, None, 25, 4)


@pytest.mark.slow
def test_half_a_minute_on_a_server(tmp_path: Path, own_postgres: PostgresServer) -> None:
    soak(tmp_path, own_postgres, 25, 4)


@pytest.mark.slow
def test_a_clock_that_jumps_by_hours_both_ways_on_a_file(tmp_path: Path) -> None:
    soak(tmp_path, None, 20, 4, CLOCK)


@pytest.mark.slow
def test_a_clock_that_jumps_by_hours_both_ways_on_a_server(tmp_path: Path, own_postgres: PostgresServer) -> None:
    soak(tmp_path, own_postgres, 20, 4, CLOCK)


@pytest.mark.soak
def test_ten_minutes_on_a_file(tmp_path: Path) -> None:
    soak(tmp_path, None, 600, 12, seed=None)


@pytest.mark.soak
def test_ten_minutes_on_a_server(tmp_path: Path, own_postgres: PostgresServer) -> None:
    soak(tmp_path, own_postgres, 600, 12, seed=None)
