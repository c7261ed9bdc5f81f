"""Loading of a Parquet file by other tools; prints the seconds: load.py WORK DATABASE FILE."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet


def adbc_sqlite(database: str, table: pa.Table) -> None:
    from adbc_driver_sqlite import dbapi

    with dbapi.connect(database) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("bulk", table, mode="append")
        connection.commit()


def adbc_postgresql(database: str, table: pa.Table) -> None:
    from adbc_driver_postgresql import dbapi

    with dbapi.connect(database) as connection, connection.cursor() as cursor:
        cursor.adbc_ingest("bulk", table, mode="append")
        connection.commit()


def dlt_merge(database: str, table: pa.Table) -> None:
    import dlt
    from sqlalchemy import create_engine, make_url

    with tempfile.TemporaryDirectory() as folder:
        url = make_url(database if "://" in database else f"sqlite:///{database}")
        if "host" in url.query:  # a socket's folder; dlt asks for a host beside it, which is not used
            url = url.set(host="localhost")
        destination = dlt.destinations.sqlalchemy(create_engine(url))
        pipeline = dlt.pipeline("bench", pipelines_dir=folder, destination=destination, dataset_name="public")
        pipeline.run(table, table_name="prices", primary_key="id", write_disposition="merge")


WORKS: dict[str, Callable[[str, pa.Table], None]] = {
    work.__name__: work for work in (adbc_sqlite, adbc_postgresql, dlt_merge)
}


def main() -> None:
    work, database, table = WORKS[sys.argv[1]], sys.argv[2], pyarrow.parquet.read_table(sys.argv[3])
    begin = time.perf_counter()
    work(database, table)
    print(time.perf_counter() - begin)


if __name__ == "__main__":
    main()
