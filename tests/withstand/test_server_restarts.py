"""A run goes on when the server is restarted at any of its reads and writes."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from spine.core.adapters.database import get_adapter
from tests.databases import PostgresServer
from tests.withstand.checker import Kept, Verdict, look
from tests.withstand.server_faults import Moments, attempt_at, examine, terminate_connections
from tests.withstand.workload import make_tables

SEED = 20_264


def undisturbed(folder: Path, url: str) -> tuple[Kept, int]:
    """Return what the project keeps without a fault, and the number of its moments."""
    moments = Moments(lambda: None)
    assert attempt_at(folder, url, "undisturbed", moments) == (True, [])
    return look(folder), moments.number


@pytest.mark.slow
@pytest.mark.parametrize("every", [120, 29, pytest.param(1, marks=pytest.mark.soak)])
def test_a_run_completes_although_all_connections_end_at_its_nth_moment(
    tmp_path: Path, own_postgres: PostgresServer, every: int
) -> None:
    make_tables(own_postgres.url)
    expected, total = undisturbed(tmp_path, own_postgres.url)
    verdict = Verdict()
    with get_adapter(own_postgres.url) as admin:
        for at in range(1 + Random(SEED).randrange(every), total + 1, every):
            moments = Moments(lambda: terminate_connections(admin), at)
            ended = attempt_at(tmp_path, own_postgres.url, f"case{at}", moments)
            verdict.add(examine(tmp_path, expected, *ended), f"moment {at} of {total}")
    verdict.report({"seed": SEED, "every": every})


@pytest.mark.parametrize(
    "restarts", [pytest.param(4, marks=pytest.mark.slow), pytest.param(40, marks=pytest.mark.soak)]
)
def test_a_run_completes_although_the_server_is_restarted_at_its_nth_moment(
    tmp_path: Path, own_postgres: PostgresServer, restarts: int
) -> None:
    make_tables(own_postgres.url)
    expected, total = undisturbed(tmp_path, own_postgres.url)
    chance, verdict = Random(SEED), Verdict()
    for at in sorted(chance.sample(range(1, total), restarts)):
        ended = attempt_at(tmp_path, own_postgres.url, f"case{at}", Moments(own_postgres.restart, at))
        verdict.add(examine(tmp_path, expected, *ended), f"moment {at} of {total}")
    verdict.report({"seed": SEED, "restarts": restarts})
