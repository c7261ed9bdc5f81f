"""A canary in every option of every plugin: no command, log, error, report or table shows it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from spine.app.application import Application
from spine.app.diagnosis import diagnose
from spine.cli.failure import report
from spine.config.explain import explained
from spine.config.faults import Faults
from spine.config.secrecy import Secrecy, secrecy_of_options
from spine.db.named import get_database
from spine.framework.alerts import Alert
from spine.framework.alerts.delivery import deliver
from spine.framework.sources import source_registry
from spine.plugins.catalog import load_catalog
from spine.plugins.descriptors import SECTIONS
from spine.plugins.options import option_fields
from spine.project import open_project
from tests.projects import Project

CANARY = "canary/5ecret+value"
CATALOG = load_catalog()
SECTION_OF = {spec.kind: section for section, spec in SECTIONS.items()}
TYPES = [(kind, name) for kind in SECTION_OF for name in CATALOG.names(kind)]
PLAIN = {  # what an option needs so that more than itself is read
    "url": "https://127.0.0.1:1/x",
    "path": "x.csv",
    "paths": ["x.csv"],
    "database": "own",
    "query": "SELECT 1",
    "host": "127.0.0.1",
    "username": "somebody",
    "port": 1,
    "instance": "https://127.0.0.1:1",
    "instance_url": "https://127.0.0.1:1",
    "smtp_host": "127.0.0.1",
    "smtp_port": 1,
    "max_attempts": 1,
    "timeout": 1,
    "connect_timeout": 1,
}


def _fields(kind: str, name: str) -> dict[str, Any]:
    config = CATALOG.load_config(kind, name)
    return {} if config is None else dict(option_fields(kind, config))


def _secret_places(secrecy: Secrecy, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the path of each Secret in a table; a secret of a table with free keys is at `anything`."""
    if secrecy.whole:
        yield path
    for key, part in (secrecy.fields or {}).items():
        yield from _secret_places(part, (*path, key))
    if secrecy.each is not None:
        yield from _secret_places(secrecy.each, (*path, "anything"))


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }"
    return f"[{', '.join(map(_toml, value))}]" if isinstance(value, list) else repr(value).replace("'", '"')


def _declaration(kind: str, name: str, number: int, path: tuple[str, ...], value: Any) -> str:
    """Return a table of `spine.toml` whose option at `path` is the canary, as far as possible with what it needs."""
    fields = _fields(kind, name)
    options = {key: PLAIN[key] for key in fields if key in PLAIN and key != path[0]}
    nested = value
    for key in reversed(path[1:]):
        nested = {**({"type": "api_key", "header": "X"} if path[0] == "auth" else {}), key: nested}
    options[path[0]] = nested
    lines = [f"{key} = {_toml(item)}" for key, item in options.items()]
    return "\n".join([f"[{SECTION_OF[kind]}.c{number}]", f'type = "{name}"', *lines, ""])


def _project(folder: Path, declarations: list[str]) -> Project:
    project = Project(folder)
    own = '[spine]\nname = "canaries"\ndatabase = "own"\n[databases.own]\ntype = "sqlite"\npath = ".spine/spine.db"\n'
    project.write("spine.toml", own + "".join(declarations))
    return project


def _shown(said: str) -> list[str]:
    """Return the surroundings of each canary in a text, for the message of a failure."""
    places = [match.start() for match in re.finditer("5ecret", said)]
    return sorted({said[max(0, place - 150) : place + 50] for place in places})[:10]


COMMANDS = [
    *("config show", "config show --json", "sources list --json", "sources check", "doctor", "--debug doctor --json"),
    *("alerts test", "alerts channels --json", "plugins list", "db check"),
]


def _everything_said(project: Project, kind: str, capsys: pytest.CaptureFixture[str]) -> str:
    """Use each declaration as far as it goes, and return all that Spine says and keeps."""
    for command in COMMANDS:
        outcome = project.call(*command.split())
        print(outcome.out, outcome.err)
    with open_project(project.root, faults=Faults(collected=True)) as opened:
        application = opened.application
        print(diagnose(application), application.describe_channels())
        for name in application.settings.declared(kind):
            print(explained(application.settings, application.catalog, kind, name))
            try:
                _use(application, kind, name)
            except Exception as error:
                for debug in (True, False):
                    report(error, ["--debug"] if debug else [])
    printed = capsys.readouterr()
    files = [path for path in project.root.rglob("*") if path.is_file() and path.suffix != ".toml"]
    return printed.out + printed.err + b"".join(path.read_bytes() for path in files).decode("latin-1")


def _use(application: Application, kind: str, name: str) -> None:
    if kind == "source":
        result = source_registry.get(name).fetch()
        print(result.metadata)
        raise result.error or ValueError("unexpectedly good")
    if kind == "database":
        get_database(name)
    made = application.build_declared(kind, name)
    if kind == "alert_channel":
        print(deliver(Alert("ERROR", "a title", "a message", "tests"), [made]))


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "name"), TYPES)
def test_no_option_given_by_reference_is_shown(tmp_path, monkeypatch, capsys, kind, name):
    """An option of any type: the text of a reference is a secret also where it is a wrong number or a wrong name."""
    monkeypatch.setenv("CANARY", CANARY)
    fields = _fields(kind, name) or {"anything": None}
    reference = {"env": "CANARY"}
    values = [reference, [reference], {"anything": reference}]
    declarations = [
        _declaration(kind, name, number, (option,), value)
        for number, (option, value) in enumerate((option, value) for option in fields for value in values)
        if option != "database" or kind != "source" or value is reference
    ]
    said = _everything_said(_project(tmp_path, declarations), kind, capsys)
    assert "CANARY" in said
    assert _shown(said) == []


@pytest.mark.parametrize("given", ["literal", "variable"])
@pytest.mark.parametrize(("kind", "name"), [type_ for type_ in TYPES if _fields(*type_)])
def test_no_declared_secret_is_shown_however_it_is_given(tmp_path, monkeypatch, capsys, kind, name, given):
    places = [
        path for path in _secret_places(secrecy_of_options(CATALOG, kind, name)) if path[0] in _fields(kind, name)
    ]
    declarations = []
    for number, path in enumerate(places):
        declarations.append(_declaration(kind, name, number, path, CANARY if given == "literal" else "overridden"))
        if given == "variable":
            monkeypatch.setenv("__".join(("SPINE_", SECTION_OF[kind], f"c{number}", *path)).upper(), CANARY)
    said = _everything_said(_project(tmp_path, declarations), kind, capsys)
    assert _shown(said) == []
