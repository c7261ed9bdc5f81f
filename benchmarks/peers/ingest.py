"""Reading of a PSV file by other tools; prints the seconds of the second repetition: ingest.py WORK FILE."""

from __future__ import annotations

import csv
import sys
import time
from collections.abc import Callable
from pathlib import Path


def polars_table(path: str) -> object:
    import polars

    return polars.read_csv(path, separator="|", infer_schema=False).to_arrow()


def duckdb_table(path: str) -> object:
    import duckdb

    return duckdb.sql(f"SELECT * FROM read_csv('{path}', delim='|', header=true, all_varchar=true)").to_arrow_table()


def polars_dicts(path: str) -> object:
    import polars

    return polars.read_csv(path, separator="|", infer_schema=False).to_dicts()


def duckdb_dicts(path: str) -> object:
    import duckdb

    found = duckdb.sql(f"SELECT * FROM read_csv('{path}', delim='|', header=true, all_varchar=true)")
    names = found.columns
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def csv_reader_dicts(path: str) -> object:
    with Path(path).open(newline="") as file:
        rows = csv.reader(file, delimiter="|")
        names = next(rows)
        return [dict(zip(names, row, strict=True)) for row in rows]


WORKS: dict[str, Callable[[str], object]] = {
    work.__name__: work for work in (polars_table, duckdb_table, polars_dicts, duckdb_dicts, csv_reader_dicts)
}


def main() -> None:
    work, path = WORKS[sys.argv[1]], sys.argv[2]
    work(path)
    begin = time.perf_counter()
    work(path)
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
