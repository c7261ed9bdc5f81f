"""A run completes although its connections to the server are cut at random bytes, in the middle of messages."""

from __future__ import annotations

import gc
from pathlib import Path
from random import Random

import pytest

from spine.core.adapters.database import get_adapter
from tests.databases import PostgresServer
from tests.withstand.checker import Kept, Verdict, look
from tests.withstand.cutting_proxy import CuttingProxy
from tests.withstand.server_faults import attempt, examine
from tests.withstand.workload import make_folder, make_tables

SEED = 20_265


def through(proxy: CuttingProxy, url: str) -> str:
    """Return the URL of the server behind the proxy."""
    with get_adapter(url) as adapter:
        config = adapter.config  # type: ignore[attr-defined]  # a PostgreSQLAdapter
    return f"postgresql://{config.username}@127.0.0.1:{proxy.port}/{config.database}?sslmode=disable"


def socket_of(url: str) -> str:
    with get_adapter(url) as adapter:
        config = adapter.config  # type: ignore[attr-defined]
    return f"{config.host}/.s.PGSQL.{config.port}"


def case(proxy: CuttingProxy, folder: Path, url: str, name: str, expected: Kept) -> Verdict:
    ended = attempt(folder, through(proxy, url), name, proxy.cutting)
    make_folder(folder, url, name)  # what is there is read without the proxy
    return examine(folder, expected, *ended)


# SQLAlchemy leaves a connection that is cut while it is set up to the garbage collector
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("runs", [2, 20, pytest.param(400, marks=pytest.mark.soak)])
def test_a_run_completes_although_its_connections_are_cut_at_random_bytes(
    tmp_path: Path, own_postgres: PostgresServer, runs: int
) -> None:
    url = own_postgres.url
    make_tables(url)
    assert attempt(tmp_path, url, "undisturbed") == (True, [])
    expected, verdict = look(tmp_path), Verdict()
    with CuttingProxy(socket_of(url), Random(SEED)) as proxy:
        for number in range(runs):
            verdict.add(case(proxy, tmp_path, url, f"case{number}", expected), f"case {number}")
    gc.collect()  # the warnings of these connections belong to this test
    verdict.faults = proxy.cuts
    assert verdict.faults
    verdict.report({"seed": SEED})
