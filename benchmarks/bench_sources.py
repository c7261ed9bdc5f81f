"""Speed of reading files as tables and rows, beside the bare libraries in the same run, and a stream's memory.

The rows are FINRA's, repeated. Each ratio is that of the median times; above 1 FileSource is the faster one.
"""

from __future__ import annotations

import argparse
import csv
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from peer import print_peers

from spine_sources_file.source import FileSource

WEEK = Path(__file__).parents[1] / "examples" / "finra_weekly" / "data" / "finra_otc_weekly_otc_20251215.csv"
STREAM = """
import re, sys
from pathlib import Path
from spine_sources_file.source import FileSource
for batch in FileSource("s", sys.argv[1]).stream():
    pass
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


def write(path: Path, repeats: int) -> Path:
    header, _, rows = WEEK.read_bytes().partition(b"\n")
    with path.open("wb") as file:
        file.write(header + b"\n")
        for _ in range(repeats):
            file.write(rows)
    return path


def bare_table(path: Path) -> pa.Table:
    with path.open() as file:
        names = file.readline().rstrip("\n").split("|")
    return pyarrow.csv.read_csv(
        path,
        parse_options=pyarrow.csv.ParseOptions(delimiter="|"),
        convert_options=pyarrow.csv.ConvertOptions(column_types=dict.fromkeys(names, pa.string())),
    )


def bare_rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="") as file:
        return list(csv.DictReader(file, delimiter="|"))


def table(path: Path) -> pa.Table:
    result = FileSource("bench", path).fetch()
    assert result.success, result.error
    return result.table


def rows(path: Path) -> list[dict[str, str]]:
    return FileSource("bench", path).fetch().to_result().unwrap()


def seconds(*works: Callable[[], object], times: int) -> list[float]:
    """Return the median time of each; they take turns, so that other load hits all of them."""
    taken: list[list[float]] = [[] for _ in works]
    for _ in range(times):
        for work, own in zip(works, taken, strict=True):
            begin = time.perf_counter()
            work()
            own.append(time.perf_counter() - begin)
    return [statistics.median(own) for own in taken]


def compare(name: str, other: str, bare: float, own: float, aim: float) -> None:
    print(f"{name:24} {own * 1000:8.1f} ms   {other} {bare * 1000:8.1f} ms   ratio {bare / own:5.2f}   (aim: {aim:g})")


def peak_megabytes(path: Path) -> int:
    command = [sys.executable, "-c", STREAM, str(path)]
    return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--times", type=int, default=11)
    parser.add_argument("--peer-times", type=int, default=3)
    options = parser.parse_args()
    repeats = max(1, options.megabytes * 1_000_000 // WEEK.stat().st_size)
    with tempfile.TemporaryDirectory() as name:
        large = write(Path(name) / "large.psv", repeats)
        small = write(Path(name) / "small.psv", max(1, repeats // 10))
        packed = Path(name) / "large.parquet"
        pyarrow.parquet.write_table(bare_table(large), packed)
        print(f"{large.stat().st_size / 1e6:.0f} MB of text, {packed.stat().st_size / 1e6:.1f} MB of Parquet")
        bare, own = seconds(lambda: bare_table(large), lambda: table(large), times=options.times)
        compare("text to table", "pyarrow.csv    ", bare, own, 0.85)
        print_peers("ingest", {"polars_table": (large,), "duckdb_table": (large,)}, bare, options.peer_times)
        bare, own = seconds(lambda: bare_rows(small), lambda: rows(small), times=options.times)
        compare("text to dicts", "csv.DictReader ", bare, own, 2.6)
        dicts = dict.fromkeys(("csv_reader_dicts", "duckdb_dicts", "polars_dicts"), (small,))
        print_peers("ingest", dicts, bare, options.peer_times)
        bare, own = seconds(lambda: pyarrow.parquet.read_table(packed), lambda: table(packed), times=options.times)
        compare("Parquet to table", "pyarrow.parquet", bare, own, 0.9)
        if sys.platform == "linux":
            peaks = [peak_megabytes(path) for path in (small, large)]
            print(f"stream of a file 10 times as large: {peaks[1] - peaks[0]:+} MB at the peak   (aim: at most +20 MB)")


if __name__ == "__main__":
    main()
