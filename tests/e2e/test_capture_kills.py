"""A process killed while it captures leaves the captures of a step all or none, and a resume makes none twice."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.databases import DIALECTS
from tests.projects import clean_environ

SWEEP = "tests.e2e.capture_sweep"
REPOSITORY = Path(__file__).parents[2]


@pytest.fixture
def url_of(new_postgres_database: Callable[[], str]) -> Callable[[str], str]:
    """URL of a history of a dialect; on SQLite a file of each case."""
    return lambda dialect: new_postgres_database() if dialect == "postgresql" else "sqlite:///{folder}/s.db"


def check(folder: Path, url: str, kills: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", SWEEP, str(folder), str(kills), url],
        cwd=REPOSITORY,
        env=clean_environ(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    print(report)  # the figures of the closing note
    assert report["faults"] == [], done.stderr
    assert report["kills"] == kills


@pytest.mark.slow
def test_two_kills_on_sqlite(tmp_path: Path) -> None:
    check(tmp_path, "sqlite:///{folder}/s.db", 2)


@pytest.mark.slow
@pytest.mark.parametrize("dialect", DIALECTS)
def test_20_kills(tmp_path: Path, dialect: str, url_of: Callable[[str], str]) -> None:
    check(tmp_path, url_of(dialect), 20)


@pytest.mark.soak
@pytest.mark.parametrize("dialect", DIALECTS)
def test_100_kills(tmp_path: Path, dialect: str, url_of: Callable[[str], str]) -> None:
    check(tmp_path, url_of(dialect), 100)
