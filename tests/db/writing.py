"""Processes that write to one database at once."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor

from spine.core.adapters.database import get_adapter


def prepare(url: str) -> None:
    with get_adapter(url) as adapter:
        adapter.execute("CREATE TABLE counter (n INTEGER)")
        adapter.insert("counter", {"n": 0})
        adapter.execute("CREATE TABLE entries (writer INTEGER, number INTEGER, PRIMARY KEY (writer, number))")


def write(url: str, writer: int, times: int) -> None:
    """Read, write and insert in each of `times` transactions."""
    with get_adapter(url) as adapter:
        for number in range(times):
            with adapter.transaction() as conn:
                conn.execute("UPDATE counter SET n = n + 1")
                conn.execute("SELECT n FROM counter").fetchone()
                conn.execute("INSERT INTO entries VALUES (?, ?)", (writer, number))


def write_at_once(url: str, writers: int, times: int) -> None:
    """Raise the first error of `writers` processes."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([__name__])
    with ProcessPoolExecutor(writers, mp_context=context) as processes:
        for work in [processes.submit(write, url, writer, times) for writer in range(writers)]:
            work.result()
