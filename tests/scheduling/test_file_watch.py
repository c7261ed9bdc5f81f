"""Watched folders whose content others change at any time."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from attrs import define, field

from spine.scheduling import file_watch
from spine.scheduling.file_watch import FileWatch
from spine.scheduling.occurrence import Occurrence
from spine.scheduling.record import ScheduleRecord
from tests.projects import wait_until


@define
class Emitted:
    """Occurrences in memory; `on_emit` is called with the path of each file before it is recorded."""

    files: list[str] = field(factory=list)
    on_emit: Callable[[str], object] = lambda path: None
    _known: set[tuple[str, str]] = field(factory=set)

    def emit(self, name: str, key: str, values: Mapping[str, str]) -> bool:
        self.on_emit(values["file"])
        if (name, key) in self._known:
            return False
        self._known.add((name, key))
        self.files.append(values["file"])
        return True

    def waiting(self) -> Sequence[ScheduleRecord]:
        return ()

    def undecided(self, *arguments: Any) -> Sequence[Occurrence]:
        return ()

    def open_ticks(self, schedule_id: str) -> int:
        return 0


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder `in` below the root of the watch."""
    made = tmp_path / "in"
    made.mkdir()
    return made


@pytest.fixture
def emitted() -> Emitted:
    return Emitted()


@pytest.fixture
def watch(folder: Path, emitted: Emitted) -> FileWatch:
    return FileWatch(folder.parent, {"files": "in/**/*.csv"}, emitted)


def looks(watch: FileWatch, times: int = 2) -> list[int]:
    """Look so often in another thread, which the test outlives."""
    results: list[int] = []
    Thread(target=lambda: results.extend(watch.look() for _ in range(times)), daemon=True).start()
    wait_until(lambda: len(results) == times)
    return results


def test_links_to_the_folder_that_they_are_in_have_an_end(folder: Path, watch: FileWatch, emitted: Emitted) -> None:
    for name in ("a", "b", "c"):
        (folder / name).symlink_to(folder)
    (folder / "z.csv").write_text("1")
    looks(watch)
    assert emitted.files == ["in/z.csv"]


def test_a_fifo_that_takes_the_place_of_a_file_holds_up_no_other_file(
    folder: Path, watch: FileWatch, emitted: Emitted
) -> None:
    for name in ("a.csv", "b.csv", "c.csv"):
        (folder / name).write_text(name)

    def swap(path: str) -> None:
        if path == "in/a.csv":
            (folder / "b.csv").unlink()
            os.mkfifo(folder / "b.csv")

    emitted.on_emit = swap
    looks(watch)
    assert emitted.files == ["in/a.csv", "in/c.csv"]


def test_what_is_no_file_starts_nothing(folder: Path, watch: FileWatch, emitted: Emitted) -> None:
    (folder / "folder.csv").mkdir()
    (folder / "device.csv").symlink_to("/dev/zero")
    (folder / "nowhere.csv").symlink_to("nothing")
    os.mkfifo(folder / "fifo.csv")
    looks(watch)
    assert emitted.files == []


def test_a_file_of_other_content_with_the_size_and_the_time_of_the_one_before_starts_a_run(
    folder: Path, watch: FileWatch, emitted: Emitted
) -> None:
    for content in ("111", "222"):
        with (folder / "a.csv").open("w") as file:
            file.write(content)
        os.utime(folder / "a.csv", (1, 1))
        looks(watch)
    assert emitted.files == ["in/a.csv"] * 2


def test_a_folder_that_comes_back_with_the_same_files_starts_nothing(
    folder: Path, watch: FileWatch, emitted: Emitted
) -> None:
    (folder / "a.csv").write_text("1")
    looks(watch)
    folder.rename(folder.with_name("unmounted"))
    folder.mkdir()
    assert looks(watch) == [0, 0]
    folder.rmdir()
    folder.with_name("unmounted").rename(folder)
    assert looks(watch, 3) == [0, 0, 0]
    assert emitted.files == ["in/a.csv"]


def test_a_new_file_starts_a_run_however_many_there_are(
    folder: Path, watch: FileWatch, emitted: Emitted, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(file_watch, "MOST_FILES", 3)
    for day in range(1, 9):
        (folder / f"{day}.csv").write_text(str(day))
    looks(watch, 6)
    (folder / "9.csv").write_text("9")
    looks(watch)
    assert emitted.files == [f"in/{day}.csv" for day in range(1, 10)]
    assert looks(watch, 3) == [0, 0, 0]
    [warning] = caplog.messages
    assert warning.startswith("'in/**/*.csv' matches more than 3 files: new ones start runs, ")


def test_a_folder_that_may_not_be_read_is_told_once(
    folder: Path, watch: FileWatch, emitted: Emitted, caplog: pytest.LogCaptureFixture
) -> None:
    (folder / "a.csv").write_text("1")
    folder.chmod(0)
    is_root = os.geteuid() == 0
    if is_root:
        os.seteuid(65534)
    try:
        assert [watch.look() for _ in range(3)] == [0, 0, 0]
    finally:
        if is_root:
            os.seteuid(0)
        folder.chmod(0o700)
    assert caplog.messages == ["folder in may not be read, and no file of it starts a run: grant this user that right"]
    looks(watch)
    assert emitted.files == ["in/a.csv"]
