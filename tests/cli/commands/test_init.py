"""`spine init` makes a project that runs, wherever it is made."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from spine.cli.commands.init import init
from spine.cli.scaffold.new_project import TEMPLATES, find_scripts, project_files
from tests.projects import DEADLINE_SECONDS, Project, call, clean_environ, environ_with_programs, run

WITH_TESTS = [name for name in TEMPLATES if name != "hello"]


def _made(folder: Path) -> Project:
    assert call("init", str(folder)).code == 0
    return Project(folder)


@pytest.mark.slow
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
    "name", ["a b", "it's", 'quo"te', "back\\slash", "Zürich", "new\nline", "\x1b[31m", "a?b#c%20", "{name}", "$name"]
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
    files = ["spine.toml", "flows.py", ".gitignore"]
    assert found == {"root": str(tmp_path / "x"), "template": "hello", "files": files, "scripts": []}


def test_it_says_before_the_first_capture_that_pyarrow_is_missing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert call("init", str(tmp_path / "with")).err == ""
    monkeypatch.setattr("spine.cli.scaffold.new_project.find_spec", lambda name: None)
    outcome = call("init", str(tmp_path / "without"))
    assert outcome.err == "Captures need pyarrow, which is not installed: pip install 'spine-core[basic]'\n"
    assert outcome.code == 0


def test_the_option_names_the_templates() -> None:
    [option] = [parameter for parameter in init.params if parameter.name == "template"]
    assert list(option.type.to_info_dict()["choices"]) == list(TEMPLATES)


@pytest.mark.slow
@pytest.mark.parametrize("template", WITH_TESTS)
def test_a_project_of_a_template_runs_passes_its_tests_and_is_linted(tmp_path: Path, template: str) -> None:
    folder = tmp_path / "made"
    outcome = run("init", "made", "--template", template, cwd=tmp_path)
    assert outcome.code == 0
    named = outcome.out.splitlines()[0].removeprefix("Made in made: ").split(", ")
    assert sorted(named) == sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())
    assert [line.strip() for line in outcome.out.splitlines()[2:]] == ["cd made", *TEMPLATES[template].next]
    _typed(folder, "python -m pytest -q -p no:cacheprovider")
    _typed(folder, "ruff check --isolated --line-length 120 --select E,F,I,B,UP,SIM .")
    _typed(folder, "ruff format --isolated --line-length 120 --check .")
    _typed(folder, "spine workflows check")
    _typed(folder, "spine doctor")
    server = None
    if template == "http":
        server = subprocess.Popen([sys.executable, "api.py"], cwd=folder, env=clean_environ(), stdout=subprocess.PIPE)
        assert server.stdout is not None
        server.stdout.readline()
    try:
        for command in TEMPLATES[template].next:
            if not command.endswith("&") and "pytest" not in command:
                _typed(folder, command)
        _typed(folder, "spine schedules next daily" if template != "database" else "spine schedules next often")
        assert run("captures", "list", "--json", cwd=folder).json != []
    finally:
        if server is not None:
            server.kill()
            server.communicate(timeout=DEADLINE_SECONDS)


def _typed(folder: Path, command: str) -> None:
    done = subprocess.run(
        command.split(),
        cwd=folder,
        env=environ_with_programs(),
        capture_output=True,
        text=True,
        timeout=DEADLINE_SECONDS,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("template", WITH_TESTS)
def test_a_template_has_a_source_a_capture_a_contract_a_schedule_and_a_test(template: str) -> None:
    files = project_files(template, "made")
    assert {"test_flows.py", "conftest.py", ".gitignore"} <= files.keys()
    assert all(f"\n[{section}." in files["spine.toml"] for section in ("sources", "contracts", "schedules"))
    assert "capture(" in files["flows.py"]


def test_it_says_what_installs_what_a_template_needs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine.cli.scaffold.new_project.find_spec", lambda name: None)
    outcome = call("init", str(tmp_path / "made"), "--template", "http")
    assert outcome.err == (
        "The project needs spine-sources-http, which is not installed: pip install 'spine-core[advanced]'\n"
    )


def test_scripts_in_the_folder_are_shown_as_steps_that_run_them(tmp_path: Path) -> None:
    (tmp_path / "load prices.py").write_text("print('loaded')\n")
    (tmp_path / "report.sh").write_text("echo reported\n")
    (tmp_path / "send").write_text("#!/bin/sh\necho sent\n")
    (tmp_path / "send").chmod(0o755)
    for name in ("notes.txt", "test_load.py", "data.csv"):
        (tmp_path / name).write_text("")
    outcome = run("init", cwd=tmp_path)
    code = outcome.out.partition("add to flows.py:\n")[2]
    with (tmp_path / "flows.py").open("a") as file:
        file.write("\n".join(line.removeprefix("    ") for line in code.splitlines()))
    done = run("run", "scripts", "--json", cwd=tmp_path)
    assert done.json["status"] == "COMPLETED"
    assert done.json["completed_steps"] == ["load_prices", "report", "send"]


@pytest.mark.parametrize(
    "name", ["it's.py", 'quo"te.sh', "new\nline.py", "\x1b[31m.sh", "é.py", "\U0001f600.py", "\u202egnp.py"]
)
def test_a_script_of_any_name_is_shown_as_python_that_runs_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("")
    code = call("init", str(tmp_path)).out.partition("add to flows.py:\n")[2]
    assert "\x1b" not in code
    with (tmp_path / "flows.py").open("a", encoding="utf-8") as file:
        file.write("\n".join(line.removeprefix("    ") for line in code.splitlines()))
    assert Project(tmp_path).run("run", "scripts").code == 0


def test_two_scripts_of_one_stem_are_two_steps(tmp_path: Path) -> None:
    for name in ("load.py", "load.sh"):
        (tmp_path / name).write_text("")
    out = call("init", str(tmp_path)).out
    assert 'Step.command("load", ["python3", "load.py"])' in out
    assert 'Step.command("load_2", ["sh", "load.sh"])' in out
    assert [script.name for script in find_scripts(tmp_path)] == ["load.py", "load.sh"]
