"""A process that is killed while it loads leaves each load whole or not at all, and a resume makes none twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import DIALECTS
from tests.projects import clean_environ

SWEEP = "tests.e2e.load_sweep"
REPOSITORY = Path(__file__).parents[2]
MODES = ("append", "replace_partition", "merge", "scd2")


@pytest.fixture
def url_of(new_postgres_database: Callable[[], str]) -> Callable[[str], str]:
    """URL of a database to load into, of a dialect; on SQLite a file of each case."""
    return lambda dialect: new_postgres_database() if dialect == "postgresql" else "sqlite:///{folder}/w.db"


def check(folder: Path, mode: str, url: str, kills: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", SWEEP, str(folder), mode, str(kills), url],
        cwd=REPOSITORY,
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(report)  # the figures of the closing note
    assert report["faults"] == []
    assert report["kills"] == kills


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
def test_two_kills_on_sqlite(tmp_path: Path, mode: str) -> None:
    check(tmp_path, mode, "sqlite:///{folder}/w.db", 2)


@pytest.mark.slow
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_20_kills(tmp_path: Path, mode: str, dialect: str, url_of: Callable[[str], str]) -> None:
    check(tmp_path, mode, url_of(dialect), 20)


@pytest.mark.soak
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("dialect", DIALECTS)
def test_100_kills(tmp_path: Path, mode: str, dialect: str, url_of: Callable[[str], str]) -> None:
    check(tmp_path, mode, url_of(dialect), 100)
