"""A process that is killed at any store write, or at any moment, loses nothing: the result of a resume is compared."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from spine.core.adapters.database import get_adapter
from tests.databases import PostgresServer

SWEEP = "tests.e2e.crash_sweep"
REPOSITORY = Path(__file__).parents[2]


def sweep(folder: Path, url: str, every: int, randomly: int) -> dict[str, Any]:
    environ = {**os.environ, "STEP": str(every), "RANDOM": str(randomly)}
    done = subprocess.run(
        [sys.executable, "-m", SWEEP, str(folder), url],
        cwd=REPOSITORY,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    [report] = json.loads(done.stdout)
    print(report)  # the figures of the closing note
    return dict(report)


def with_databases(server: PostgresServer, count: int) -> str:
    """Make databases `case_0` and so on, and return their URL with a place for the number."""
    with get_adapter(server.url) as adapter, adapter.engine.connect() as connection:
        raw = connection.execution_options(isolation_level="AUTOCOMMIT")
        for number in range(count):
            raw.exec_driver_sql(f"CREATE DATABASE case_{number}")
    return server.url.replace("/postgres?", "/case_{n}?")


@pytest.mark.slow
def test_a_few_writes_on_sqlite(tmp_path: Path) -> None:
    report = sweep(tmp_path, "sqlite:///s.db", every=17, randomly=1)
    assert report["faults"] == []
    assert report["cases"] >= 5


@pytest.mark.slow
def test_every_seventh_write_on_sqlite(tmp_path: Path) -> None:
    report = sweep(tmp_path, "sqlite:///s.db", every=7, randomly=3)
    assert report["faults"] == []
    assert report["cases"] >= 10


@pytest.mark.slow
def test_every_ninth_write_on_postgresql(tmp_path: Path, own_postgres: PostgresServer) -> None:
    report = sweep(tmp_path, with_databases(own_postgres, 16), every=9, randomly=2)
    assert report["faults"] == []
    assert report["cases"] >= 8


@pytest.mark.soak
def test_every_write_and_200_moments_on_sqlite(tmp_path: Path) -> None:
    assert sweep(tmp_path, "sqlite:///s.db", every=1, randomly=200)["faults"] == []


@pytest.mark.soak
def test_every_write_and_200_moments_on_postgresql(tmp_path: Path, own_postgres: PostgresServer) -> None:
    assert sweep(tmp_path, with_databases(own_postgres, 300), every=1, randomly=200)["faults"] == []
