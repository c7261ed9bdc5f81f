"""Durable steps and runs of other engines; prints the seconds of one: engine.py WORK DATABASE COUNT."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any


def absurd(url: str) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return functions that spawn and work off one task of so many steps, and that end."""
    import psycopg
    from absurd_sdk import Absurd
    from absurdctl import BUNDLED_SCHEMA_SQL

    connection = psycopg.connect(url, autocommit=True)
    connection.execute(BUNDLED_SCHEMA_SQL)
    engine = Absurd(connection)
    engine.create_queue("default")

    @engine.register_task(name="steps")
    def steps(params: Any, context: Any) -> dict[str, int]:
        for number in range(params["count"]):
            context.step(f"s{number}", lambda: {"n": 1})
        return {"n": 1}

    def run(count: int) -> None:
        engine.spawn("steps", {"count": count})
        engine.work_batch()

    return run, connection.close


def dbos(url: str) -> tuple[Callable[[int], None], Callable[[], None]]:
    """Return functions that execute one workflow of so many steps, and that end."""
    from dbos import DBOS

    DBOS(config={"name": "bench", "system_database_url": url, "log_level": "ERROR", "run_admin_server": False})

    @DBOS.step()
    def one() -> dict[str, int]:
        return {"n": 1}

    @DBOS.workflow()
    def run(count: int) -> None:
        for _ in range(count):
            one()

    DBOS.launch()
    return run, DBOS.destroy


def main() -> None:
    """Print the seconds of a step in a run of COUNT, or of a run of one step."""
    work, url, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    engine, _, unit = work.partition("_")
    run, end = {"absurd": absurd, "dbos": dbos}[engine](url)
    for _ in range(20):
        run(1)
    begin = time.perf_counter()
    if unit == "step":
        run(count)
    else:
        for _ in range(count):
            run(1)
    print((time.perf_counter() - begin) / count)
    end()


if __name__ == "__main__":
    main()
