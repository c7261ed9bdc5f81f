"""A flipped bit in the file of a SQLite database is an error of one sentence, or one value that is another."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from random import Random
from typing import Any

import pytest
from attrs import asdict

from spine.core.adapters.database import get_adapter
from tests.withstand.flipped_reads import Flips, read_all
from tests.withstand.workload import make_folder, make_tables, work

SEED = 20_262
SCHEDULE = '[schedules.nightly]\nworkflow = "completes"\ncron = "0 3 * * *"\n'


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[str], dict[str, Any]]:
    """A project with runs, the ids of these, and what its readers say."""
    folder = tmp_path_factory.mktemp("sound")
    url = f"sqlite:///{folder}/s.db"
    make_tables(url)
    work(make_folder(folder, url))
    (folder / "spine.toml").write_text((folder / "spine.toml").read_text() + SCHEDULE)
    with get_adapter(url) as adapter:
        run_ids = [row["run_id"] for row in adapter.query("SELECT run_id FROM core_workflow_runs")]
    read_all(folder, run_ids)  # declares the schedule
    said = read_all(folder, run_ids)
    with closing(sqlite3.connect(folder / "s.db")) as connection:  # all of it is in the one file
        assert connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone() == (0, 0, 0)
    return folder, run_ids, said


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # of a damaged schema
@pytest.mark.parametrize(
    "count",
    [
        10,
        200,
        pytest.param(2000, marks=pytest.mark.soak),
    ],
)
def test_a_flipped_bit_is_refused_or_found_or_changes_one_value(
    sound: tuple[Path, list[str], dict[str, Any]], count: int
) -> None:
    folder, run_ids, said = sound
    assert not [name for name, value in said.items() if isinstance(value, Exception)]
    file = folder / "s.db"
    good, chance, flips = file.read_bytes(), Random(SEED), Flips()
    used = [place for place, byte in enumerate(good) if byte]  # most of a small database is empty
    for _ in range(count):
        place, bit = chance.choice(used), chance.randrange(8)
        for suffix in ("-wal", "-shm"):
            file.with_name(file.name + suffix).unlink(missing_ok=True)
        file.write_bytes(good[:place] + bytes([good[place] ^ 1 << bit]) + good[place + 1 :])
        flips.count(read_all(folder, run_ids), said, f"byte {place}, bit {bit}")
    file.write_bytes(good)
    figures = {name: len(value) if isinstance(value, list) else value for name, value in asdict(flips).items()}
    print(json.dumps({"seed": SEED, "flips": count, "bytes": len(used), **figures}))
    print("\n".join([*flips.other, *flips.untyped]))
    assert flips.same + flips.refused + flips.found_by_check + len(flips.other) == count
    assert flips.untyped == []
