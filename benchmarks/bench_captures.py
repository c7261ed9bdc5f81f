"""Captures beside bare pyarrow, in one run: keeping a table, reading it back, and one column of ten with a filter.

The bare writer uses the same compression and neither hashes nor syncs; the bare reader checks nothing. Ratios are times
of Spine over times of pyarrow: the aims are at most 1.5, 1.1 and 1.1. The ratio of processor times says more where
others use the machine.
"""

from __future__ import annotations

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from attrs import frozen

from spine.app import open_project
from spine.framework.captures import capture, read_capture

AIMS = {"capture": 1.5, "read": 1.1, "one column, filtered": 1.1}
FLOOR = 900_000


def trades(rows: int, seed: int) -> pa.Table:
    """Return ten columns of texts, counts, prices and days; another `seed` is other content."""
    chance = random.Random(seed)
    base = 100_000
    symbols = [f"S{chance.randrange(5000):04}" for _ in range(base)]
    texts = {"symbol": symbols, "venue": [chance.choice(["NYSE", "OTC", "ARCA"]) for _ in range(base)]}
    columns: dict[str, Any] = {
        name: pa.chunked_array([pa.array(values)] * (rows // base)) for name, values in texts.items()
    }
    count = rows // base * base
    noise = pc.random(count, initializer=seed)
    columns["id"] = pa.array(range(count))
    for number, name in enumerate(["shares", "trades", "volume"]):
        columns[name] = pc.cast(pc.multiply(pc.random(count, initializer=seed + number), 10**6), pa.int64(), safe=False)
    for number, name in enumerate(["price", "high"]):
        columns[name] = pc.round(pc.multiply(pc.random(count, initializer=seed + 10 + number), 500), 2)
    columns["low"] = pc.multiply(noise, 500)
    columns["day"] = pc.cast(pc.cast(pc.multiply(noise, 300), pa.int32(), safe=False), pa.date32())
    return pa.table(columns)


@frozen
class Times:
    """Shortest times in seconds, on the clock and of the processors."""

    clock: float = float("inf")
    processor: float = float("inf")

    def with_one_more(self, work: Callable[[], Any]) -> Times:
        clock, processor = time.perf_counter(), time.process_time()
        work()
        clock, processor = time.perf_counter() - clock, time.process_time() - processor
        return Times(min(self.clock, clock), min(self.processor, processor))


def measure(rows: int, repeats: int) -> dict[str, tuple[Times, Times]]:
    """Return the best times of Spine and of pyarrow; the two take turns, so that both meet the same other load."""
    best: dict[str, tuple[Times, Times]] = {}

    def pair(name: str, spine: Callable[[], Any], bare: Callable[[], Any]) -> None:
        before = best.get(name, (Times(), Times()))
        best[name] = before[0].with_one_more(spine), before[1].with_one_more(bare)

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "spine.toml").write_text('[spine]\nname = "bench"\n')
        with open_project(Path(folder)) as project:
            file = Path(folder) / "bare.parquet"
            capture("warm", [{"n": 1}])
            for number in range(repeats):
                table = trades(rows, number)
                pair(
                    "capture",
                    lambda table=table: capture("trades", table),
                    lambda table=table: pq.write_table(table, file, compression="zstd"),
                )
                stored = project.payloads.place(read_capture("trades").capture.location)
                for _ in range(3):  # the first reader fills the memory that the others find
                    pair("read", lambda: read_capture("trades").table, lambda stored=stored: pq.read_table(stored))
                    pair(
                        "one column, filtered",
                        lambda: read_capture("trades", columns=["price"], where=[("shares", ">", FLOOR)]).table,
                        lambda stored=stored: pq.read_table(
                            stored, columns=["price"], filters=[("shares", ">", FLOOR)]
                        ),
                    )
    return best


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    for name, (spine, bare) in measure(arguments.rows, arguments.repeats).items():
        ratios = f"{spine.clock / bare.clock:.2f}, of the processor {spine.processor / bare.processor:.2f}"
        print(f"{name:<22} {spine.clock:6.2f} s, pyarrow {bare.clock:6.2f} s: {ratios} (aim {AIMS[name]})")


if __name__ == "__main__":
    main()
