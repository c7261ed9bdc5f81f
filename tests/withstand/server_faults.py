"""Faults of a server at the n-th moment of a run: before and after each statement, and before each commit."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from attrs import define
from sqlalchemy import Engine, event

from spine.core.adapters.database import DatabaseAdapter
from tests.withstand.checker import Kept, Verdict, judge, look
from tests.withstand.workload import EXPECTED, make_folder, recover, work

LONGEST_SECONDS = 300.0
_TERMINATE = """
SELECT count(pg_terminate_backend(pid, 10000)) AS n FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
"""
_MOMENTS = ("before_cursor_execute", "after_cursor_execute", "commit")


def terminate_connections(admin: DatabaseAdapter) -> None:
    """End all connections to the server but that of `admin`, as its restart does."""
    admin.execute(_TERMINATE)


@define
class Moments:
    """The number of moments since the start, and the fault at the one of that number, 0 for none."""

    fault: Callable[[], None]
    at: int = 0
    number: int = 0
    is_on: bool = False

    @contextmanager
    def during(self) -> Iterator[None]:
        """Count the moments of a block."""
        self.is_on = True
        try:
            yield
        finally:
            self.is_on = False

    def reach(self, *_arguments: Any, **_options: Any) -> None:
        if not self.is_on:
            return
        self.number += 1
        if self.number == self.at:
            self.is_on = False  # the fault may use the database itself
            self.fault()
            self.is_on = True

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the moments of every engine of this process."""
        for name in _MOMENTS:
            event.listen(Engine, name, self.reach)
        try:
            yield
        finally:
            for name in _MOMENTS:
                event.remove(Engine, name, self.reach)


def attempt(
    folder: Path, url: str, name: str, during: Callable[[], AbstractContextManager[None]] = nullcontext
) -> tuple[bool, list[str]]:
    """Do the work of a project `name`; return whether it ended, and the errors that are not Spine's.

    `during` gives a context for each run, when the project is open.
    """
    make_folder(folder, url, name)
    raw: list[str] = []
    thread = threading.Thread(target=lambda: raw.extend(work(folder, during=during)), daemon=True)
    thread.start()
    thread.join(LONGEST_SECONDS)
    return not thread.is_alive(), raw


def attempt_at(folder: Path, url: str, name: str, moments: Moments) -> tuple[bool, list[str]]:
    """Do the work as `attempt` does, with the fault of `moments`."""
    with moments.counted():
        return attempt(folder, url, name, moments.during)


def examine(folder: Path, expected: Kept, has_ended: bool, raw: list[str]) -> Verdict:
    """Return the verdict: the runs end as they should without any help, and their alerts are there."""
    before = look(folder)
    recover(folder)
    verdict = judge(look(folder), expected, before, EXPECTED)
    verdict.faults = 1
    verdict.untyped += raw
    if not has_ended:
        verdict.stuck.append("the work did not end")
    return verdict
