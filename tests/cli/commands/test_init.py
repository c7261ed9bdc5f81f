"""`spine init` makes a project that runs, wherever it is made."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project, call, run


def _made(folder: Path) -> Project:
    assert call("init", str(folder)).code == 0
    return Project(folder)


def test_what_it_makes_runs(tmp_path: Path) -> None:
    outcome = run("init", "myproj", cwd=tmp_path)
    assert outcome.out == "Made myproj/spine.toml and myproj/flows.py. Next: cd myproj && spine run hello\n"
    outcome = run("run", "hello", cwd=tmp_path / "myproj")
    assert outcome.code == 0
    assert "Hello, World!" in outcome.out
    assert "Hello, Ada!" in run("run", "hello", "-p", "who=Ada", cwd=tmp_path / "myproj").out


def test_the_working_directory_is_where_it_is_made_by_default(tmp_path: Path) -> None:
    assert run("init", cwd=tmp_path).out.endswith("Next: spine run hello\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == [".gitignore", "flows.py", "spine.toml"]


@pytest.mark.parametrize(
    "name", ["a b", "it's", 'quo"te', "back\\slash", "Zürich", "new\nline", "\x1b[31m", "a?b#c%20", "{name}"]
)
def test_the_name_of_the_folder_may_be_anything(tmp_path: Path, name: str) -> None:
    outcome = call("init", str(tmp_path / name))
    assert outcome.code == 0
    assert "\x1b" not in outcome.out
    assert outcome.out.count("\n") == 1
    assert Project(tmp_path / name).call("run", "hello").code == 0


def test_a_locale_without_umlauts_is_no_hindrance(tmp_path: Path) -> None:
    env = {"LC_ALL": "C"}
    assert run("init", "Zürich", cwd=tmp_path, env=env).code == 0
    assert run("run", "hello", cwd=tmp_path / "Zürich", env=env).code == 0


@pytest.mark.parametrize("file", ["spine.toml", "flows.py"])
def test_nothing_is_overwritten(tmp_path: Path, file: str) -> None:
    (tmp_path / file).write_text("mine")
    outcome = call("init", str(tmp_path))
    assert outcome.code == 2
    assert outcome.sentence == f"{tmp_path / file} exists already: choose another folder"
    assert [path.read_text() for path in tmp_path.iterdir()] == ["mine"]


def test_a_gitignore_that_is_there_stays(tmp_path: Path) -> None:
    (tmp_path / ".gitignore").write_text("mine")
    _made(tmp_path)
    assert (tmp_path / ".gitignore").read_text() == "mine"


def test_a_file_in_the_way_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert call("init", str(tmp_path / "file")).code == 2
    outcome = call("init", str(tmp_path / "file" / "below"))
    assert outcome.code == 2
    assert outcome.sentence == f"the project cannot be made in {tmp_path}/file/below: Not a directory"


def test_json_says_what_was_made(tmp_path: Path) -> None:
    found = call("init", str(tmp_path / "x"), "--json").json
    assert found == {"root": str(tmp_path / "x"), "files": ["spine.toml", "flows.py", ".gitignore"]}


def test_it_says_before_the_first_capture_that_pyarrow_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("init", str(tmp_path / "with")).err == ""
    monkeypatch.setattr("spine.cli.commands.init.find_spec", lambda name: None)
    outcome = call("init", str(tmp_path / "without"))
    assert outcome.err == "Captures need pyarrow, which is not installed: pip install 'spine-core[basic]'\n"
    assert outcome.code == 0
