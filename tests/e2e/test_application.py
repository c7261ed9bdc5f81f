"""An application with APScheduler beside two schedulers of the command line starts each tick once, also when killed."""

from __future__ import annotations

from itertools import count
from pathlib import Path

import pytest
from attrs import define, field

from spine.app.health_file import read_health
from tests.databases import PostgresServer
from tests.e2e.test_schedulers import Fleet, check, endure, make
from tests.machine_clock import MachineClock
from tests.scheduler_apscheduler.applications import PROGRAM

APPLICATION = 2  # its place; the others run `spine scheduler run`


@define
class Beside(Fleet):
    """Two schedulers and one application, on a machine whose clock is wrong."""

    environ: dict[str, str] = field(kw_only=True)

    def _program(self, place: int) -> tuple[list[str], dict[str, str]]:
        if place == APPLICATION:
            return [*PROGRAM, str(self.shifts[place]), "background"], self.environ
        return super()._program(place)


@pytest.mark.slow
@pytest.mark.parametrize("shift", [3600, -3600])
def test_1000_ticks_are_started_once_each_by_two_schedulers_and_an_application_that_is_killed_thrice(
    tmp_path: Path, own_postgres: PostgresServer, shift: float
) -> None:
    clock = MachineClock(tmp_path)
    clock.set(shift)
    project = make(tmp_path / "project", own_postgres.url, 50, "2s")
    turns, decided = count(), list[int]()

    def kill_thrice(fleet: Fleet) -> None:
        if len(decided) == 3 or next(turns) < 6 + 10 * len(decided):
            return
        pid = str(fleet.processes[APPLICATION].pid)
        own = [row["ticks"] for row in read_health(project.root) if pid in row["process"].split("/")]
        if own:  # it takes part already
            decided.extend(own)
            fleet.kill(APPLICATION)

    fleet = Beside([project], [0, 0, 0], environ=clock.environ)
    report = endure(fleet, own_postgres.url, 45, [kill_thrice])
    print(f"the application had decided {decided} ticks when it was killed")
    assert len(decided) == 3
    assert sum(decided) > 0
    assert report["ticks"] >= 1_000
    check(report)
