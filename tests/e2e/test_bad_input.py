"""Every error is one clear sentence: exit code 2 for wrong usage or configuration, 1 for failures."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.projects import Outcome, Project, run

Make = Callable[..., Project]

SETTINGS = '[spine]\nmodules = ["flows"]\n'
SOURCE = '[sources.a]\ntype = "file"\npath = "a.csv"\n'
FLOWS = """
from spine.framework.captures import capture
from spine.framework.pipelines import pipeline
from spine.framework.sources import source_registry
from spine.orchestration import Step, Workflow, workflow_registry

@pipeline("fetch")
def fetch(params):
    fetched = source_registry.get(params.get("source", "a")).fetch()
    if not fetched.success:
        raise fetched.error
    capture("a", fetched.data)
    return {"record_count": len(fetched.data)}

workflow_registry.register(Workflow(name="w", steps=[Step.pipeline("fetch", "fetch")]))
workflow_registry.register(Workflow(name="unknown.pipeline", steps=[Step.pipeline("fetch", "fetsh")]))
"""


def _refusal(outcome: Outcome, code: int = 2) -> str:
    assert (outcome.code, outcome.out) == (code, ""), outcome
    return outcome.sentence


def _failure(outcome: Outcome) -> str:
    """Return what a failed run says: exit 1, and the error of the step in the summary."""
    assert outcome.code == 1, outcome
    assert "Traceback" not in outcome.out + outcome.err
    (line,) = [line for line in outcome.out.splitlines() if "FAILED: " in line]
    return line.partition("FAILED: ")[2]


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ("[spine", "spine.toml is not valid TOML: Expected ']'"),
        ("[sorces]\n", "unknown section [sorces]; did you mean 'sources'?"),
        ('[spine]\nmoduls = ["flows"]\n', "spine: unknown key 'moduls'; did you mean 'modules'?"),
        ("[plugins]\ndisable = []\n", "plugins: unknown key 'disable'; did you mean 'disabled'?"),
        ('[alerts]\non_fail = "x"\n', "alerts: unknown key 'on_fail'; did you mean 'on_failure'?"),
        ('[sources.a]\ntype = "file"\npaht = "x"\n', "sources.a: unknown key 'paht'; did you mean 'path'?"),
        ('[channels.a]\ntype = "console"\ncolour = true\n', "channels.a: unknown key 'colour'; did you mean 'color'?"),
        ('[spine]\nmodules = "flows"\n', "spine.modules must be a list, not a text"),
        ("[spine]\nstore = 1\n", "spine.store must be a text, not an integer"),
        ('[spine]\ndatabase = { env = "NOT_SET" }\n', "needs the environment variable NOT_SET, which is not set"),
        ('[spine]\ndatabase = { file = "nowhere" }\n', "nowhere, which cannot be read: No such file or directory"),
        ('[spine]\nmodules = ["flwos"]\n', "flwos.py or correct the name"),
    ],
)
def test_wrong_settings(make_project: Make, settings: str, sentence: str) -> None:
    assert sentence in _refusal(make_project(settings, "").call("workflows", "list"))


def test_no_settings(tmp_path: Path) -> None:
    assert "there is no spine.toml" in _refusal(run("run", "w", cwd=tmp_path))


@pytest.mark.parametrize(
    ("flows", "sentence"),
    [
        ("def broken(:\n", "SyntaxError"),
        ("raise RuntimeError('no luck')", "RuntimeError: no luck"),
        ("import sys\nsys.exit(0)", "SystemExit: 0"),
        ("import nothing_like_it", "No module named 'nothing_like_it'"),
    ],
)
def test_a_module_that_cannot_be_imported(make_project: Make, flows: str, sentence: str) -> None:
    project = make_project(SETTINGS, flows)
    refusal = _refusal(project.call("run", "w"))
    assert sentence in refusal
    assert f"{project.root}/flows.py, line " in refusal


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("run", "x"), "workflow 'x' not found"),
        (("sources", "fetch", "b"), "source 'b' not found"),
        (("pipelines", "show", "fetsh"), "did you mean 'fetch'?"),
        (("frobnicate",), "there is no command 'frobnicate'"),
        (("run", "w", "--frobnicate"), "No such option '--frobnicate'"),
        (("run", "w", "-p", "x"), "'x' is not key=value"),
        (("run", "w", "-p", "x:=NaN"), "JSON cannot hold"),
    ],
)
def test_unknown_names_and_bad_parameters(make_project: Make, arguments: tuple[str, ...], sentence: str) -> None:
    assert sentence in _refusal(make_project(SETTINGS + SOURCE, FLOWS).call(*arguments))


def test_a_step_that_names_an_unknown_pipeline(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    outcome = project.call("run", "unknown.pipeline")
    assert outcome.code in (1, 2)
    assert "did you mean 'fetch'?" in outcome.out + outcome.err
    assert "Traceback" not in outcome.err


def test_a_pipeline_that_names_an_unknown_source(make_project: Make) -> None:
    flows = FLOWS.replace('params.get("source", "a")', '"b"')
    assert _failure(make_project(SETTINGS + SOURCE, flows).call("run", "w")).startswith("source 'b' not found")


def test_a_source_of_an_unknown_type(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE.replace("file", "fiel"), FLOWS)
    assert "sources.a: no plugin provides source type 'fiel'; did you mean 'file'?" in _refusal(
        project.call("sources", "fetch", "a")
    )
    assert "did you mean 'file'?" in _failure(project.call("run", "w"))


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (None, "a.csv does not exist"),
        (b"", "a.csv is empty"),
        (b"n,m\n", "has a header and no rows"),
        (b"n,m\n1,2\n1,2,3\n", "line 3: 3 fields where the header has 2"),
        (b"n,m\n1\n", "line 2: 1 field where the header has 2"),
        (b"n,m\n1,\xff\n", "line 2: byte 0xff is not valid utf-8"),
        (b"\xff\xfen\x00,\x00m\x00\n\x00", "a.csv"),
    ],
)
def test_a_file_that_cannot_be_used(make_project: Make, content: bytes | None, sentence: str) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    if content is not None:
        project.write("a.csv", content)
    assert sentence in _refusal(project.call("sources", "fetch", "a"), 1)
    assert sentence in _failure(project.call("run", "w"))
    assert project.call("captures", "list", "--json").json == []


def test_a_file_that_is_a_folder(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    (project.root / "a.csv").mkdir()
    assert "a.csv is a folder: give a file" in _refusal(project.call("sources", "fetch", "a"), 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read any file")
def test_a_file_that_may_not_be_read(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    project.write("a.csv", "n\n1\n").chmod(0)
    assert "a.csv" in _refusal(project.call("sources", "fetch", "a"), 1)


@pytest.mark.parametrize("content", [b"{", b'[{"n": 1}', b"[1]", b'"n"', b"\xff"])
@pytest.mark.parametrize("suffix", ["json", "jsonl"])
def test_invalid_json(make_project: Make, content: bytes, suffix: str) -> None:
    project = make_project(SETTINGS + SOURCE.replace("csv", suffix), FLOWS)
    project.write(f"a.{suffix}", content)
    assert f"a.{suffix}" in _refusal(project.call("sources", "fetch", "a"), 1)


def test_a_suffix_that_says_nothing(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE.replace("csv", "dat"), FLOWS)
    project.write("a.dat", "n\n1\n")
    assert "Cannot detect format" in project.call("sources", "fetch", "a").sentence


@pytest.mark.parametrize("arguments", [("run", "w"), ("runs", "list"), ("captures", "list")])
def test_a_database_that_is_none(make_project: Make, arguments: tuple[str, ...]) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    project.write(".spine/spine.db", b"garbage" * 1000)
    assert "spine.db: the file is not a SQLite database" in _refusal(project.call(*arguments), 1)


@pytest.mark.parametrize(
    ("database", "sentence"),
    [
        ("sqlite:///flows.py/x.db", "its folder cannot be created"),
        ("sqlite:///.", "the path is a folder, not a file"),
        ("oracle://host/db", "oracle"),
        ("nonsense", "nonsense"),
        ("://", "the database URL cannot be read"),
    ],
)
def test_a_database_that_cannot_be_opened(make_project: Make, database: str, sentence: str) -> None:
    outcome = make_project(f'{SETTINGS}database = "{database}"\n', "").call("runs", "list")
    assert outcome.code in (1, 2)
    assert sentence in outcome.sentence


@pytest.mark.slow
def test_a_store_that_is_a_file(make_project: Make) -> None:
    project = make_project(f'{SETTINGS}store = "flows.py"\n{SOURCE}', FLOWS)
    project.write("a.csv", "n\n1\n")
    assert "flows.py" in _failure(project.call("run", "w"))
    assert project.call("captures", "list", "--json").json == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_that_may_not_be_written(make_project: Make) -> None:
    project = make_project(SETTINGS + SOURCE, FLOWS)
    project.root.chmod(0o500)
    try:
        assert project.call("run", "w").sentence
    finally:
        project.root.chmod(0o700)


@pytest.mark.parametrize(
    "content", [b"n,m\n1,\x1b[31mred\x1b[0m,3\n", b"\x1b[2Jn,m\n1\n", b'n\n"\x1b]0;t\x07\n', "n,m\n\u202e1\n".encode()]
)
def test_what_a_file_holds_does_not_reach_the_terminal_as_it_is(make_project: Make, content: bytes) -> None:
    project = make_project(SETTINGS + SOURCE + '[channels.c]\ntype = "console"\n', FLOWS)
    project.write("a.csv", content)
    for arguments in (("sources", "fetch", "a"), ("run", "w"), ("runs", "show", "latest"), ("captures", "read", "a")):
        outcome = project.call(*arguments)
        assert not {character for character in outcome.out + outcome.err if not character.isprintable()} - {"\n"}
