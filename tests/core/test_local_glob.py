"""Globs of local files, beside those of Python."""

from __future__ import annotations

import glob
import os
from pathlib import Path

import pytest

from spine.core.local_glob import matching_paths

FILES = ("x.csv", ".h/x.csv", "a/b/c/x.csv", "a/b/y.csv", "a/b/.x.csv", "a/.h/z.csv", "a[1]/x.csv", "d/x.txt")


@pytest.fixture
def tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in FILES:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (tmp_path / "a" / "link").symlink_to("../d")
    (tmp_path / "a" / "dead.csv").symlink_to("nowhere")
    return tmp_path


@pytest.mark.parametrize("below", ["", "."])
@pytest.mark.parametrize(
    "pattern",
    [
        *("*.csv", "**", "**/", "**/*", "**/*.csv", "**/x.csv", "**/.*", "**.csv", "a/**", "a/**/*.csv", "a//**/x.csv"),
        *("*/**/*.csv", "**/**/*.csv", "a/**/b/**/*.csv", "./**/*.csv", "a/../**/*.csv", "a[[]1]/**/*.csv", "**/.h/*"),
        *("a/b/y.csv", "nowhere/**/*.csv"),
    ],
)
def test_the_same_files_are_found_as_by_python(tree: Path, pattern: str, below: str) -> None:
    pattern = f"{tree}/{pattern}" if below else pattern
    expected = {path for path in glob.glob(pattern, recursive=True) if Path(path).is_file()}  # noqa: PTH207
    assert {path for path in matching_paths(pattern) if Path(path).is_file()} == expected
    assert {path for path in matching_paths(pattern, tree) if Path(path).is_file()} == expected


def test_a_link_to_a_folder_above_is_not_entered_and_any_other_one_is(tree: Path) -> None:
    for link, target in (("a/up", ".."), ("a/b/top", "../.."), ("alias", "a")):
        (tree / link).symlink_to(target)
    found = ["a/b/c/x.csv", "a[1]/x.csv", "alias/b/c/x.csv", "x.csv"]
    assert sorted(matching_paths("**/x.csv")) == found


@pytest.mark.slow
def test_folders_may_be_as_deep_as_the_system_lets_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for _ in range(1200):
        Path("a").mkdir()
        os.chdir("a")
    Path("x.csv").write_text("1")
    os.chdir(tmp_path)
    assert [path.count("/") for path in matching_paths("**/*.csv")] == [1200]
    for _ in range(1200):  # what removes the folders of tests goes no deeper than Python's stack
        Path("a").rename("b")
        for name in os.listdir("b"):  # noqa: PTH208
            Path("b", name).rename(name)
        Path("b").rmdir()
