"""Streaming: batches of one size, in memory that does not grow with the file."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from spine.core.errors import SourceError, SourceNotFoundError, ValidationError
from spine_sources_file.source import FileSource


def write(folder: Path, suffix: str, rows: int) -> Path:
    path = folder / f"x{suffix}"
    if suffix == ".parquet":
        pq.write_table(pa.table({"a": [str(number) for number in range(rows)]}), path, row_group_size=7)
    elif suffix == ".jsonl":
        path.write_text("".join(f'{{"a": "{number}"}}\n' for number in range(rows)))
    else:
        path.write_text("a\n" + "".join(f"{number}\n" for number in range(rows)))
    return path


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
@pytest.mark.parametrize(("rows", "size", "lengths"), [(25, 10, [10, 10, 5]), (20, 10, [10, 10]), (3, 10, [3])])
def test_every_batch_but_the_last_has_the_size_asked_for(tmp_path, suffix, rows, size, lengths):
    batches = list(FileSource("s", write(tmp_path, suffix, rows)).stream(batch_size=size))
    assert [len(batch) for batch in batches] == lengths
    assert [row["a"] for batch in batches for row in batch] == [str(number) for number in range(rows)]


def test_batches_reach_across_files(tmp_path):
    for number in range(3):
        (tmp_path / f"{number}.csv").write_text("a\n1\n2\n3\n")
    assert [len(batch) for batch in FileSource("s", tmp_path / "*.csv").stream(batch_size=4)] == [4, 4, 1]


def test_the_default_batch_has_a_thousand_rows(tmp_path):
    assert [len(batch) for batch in FileSource("s", write(tmp_path, ".csv", 1500)).stream()] == [1000, 500]


def test_errors_wait_for_the_first_iteration(tmp_path):
    stream = FileSource("s", tmp_path / "x.csv").stream()
    with pytest.raises(SourceNotFoundError):
        next(stream)
    with pytest.raises(ValidationError, match="batch_size is 0: use 1 or more"):
        next(FileSource("s", write(tmp_path, ".csv", 1)).stream(batch_size=0))


def test_a_json_document_does_not_stream(tmp_path):
    source = FileSource("s", tmp_path / "x.json")
    assert not source.supports_streaming
    with pytest.raises(SourceError, match="Streaming not supported for json files"):
        next(source.stream())


def test_a_stream_may_be_left_early(tmp_path):
    stream = FileSource("s", write(tmp_path, ".csv", 500_000)).stream(batch_size=10)
    assert len(next(stream)) == 10
    stream.close()


PEAK = """
import re, sys
from pathlib import Path
from spine_sources_file.source import FileSource
for batch in FileSource("s", sys.argv[1]).stream():
    pass
print(int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells the peak there; a test on Linux speaks for all")
@pytest.mark.parametrize("suffix", [".csv", ".jsonl"])
def test_a_file_ten_times_as_large_needs_no_more_memory(tmp_path, suffix):
    """Peak memory in MB, of a process of its own: the larger file has 100 MB, so reading it whole would show."""
    wide = "x" * 1000
    peaks = []
    for rows in (10_000, 100_000):
        path = tmp_path / f"{rows}{suffix}"
        with path.open("w") as file:
            file.write("id,text\n" if suffix == ".csv" else "")
            line = "{0},{1}\n" if suffix == ".csv" else '{{"id": {0}, "text": "{1}"}}\n'
            file.writelines(line.format(number, wide) for number in range(rows))
        command = [sys.executable, "-c", PEAK, str(path)]
        peaks.append(int(subprocess.run(command, check=True, capture_output=True, text=True).stdout))
    assert peaks[1] - peaks[0] <= 20
