"""A new project, written from the templates in this folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from attrs import frozen

_TEMPLATES = Path(__file__).parent / "projects"
_SUFFIX = ".tmpl"
_HIDDEN = {"gitignore": ".gitignore"}  # a file of that name would be one of this repository
_OWN_FILES = re.compile(r"(flows|conftest|setup|test_.*|.*_test)\.py")
_MOST_SCRIPTS = 20


@frozen
class Template:
    """Template of a project: its folders, what a user types next, and the distribution that it needs."""

    folders: Sequence[str]
    next: Sequence[str]
    needs: tuple[str, str] | None = None  # a module, and what installs it

    def missing(self) -> str | None:
        """Return a sentence about what is not installed."""
        if self.needs is not None and find_spec(self.needs[0]) is None:
            name = self.needs[0].replace("_", "-")
            return f"The project needs {name}, which is not installed: pip install '{self.needs[1]}'"
        if find_spec("pyarrow") is None:
            return "Captures need pyarrow, which is not installed: pip install 'spine-core[basic]'"
        return None


_FILES = ("spine_sources_file", "spine-core[basic]")
_TEST = "python -m pytest"
TEMPLATES = {
    "hello": Template(["any", "hello"], ["spine run hello"]),
    "file": Template(["any", "tested", "file"], ["spine run prices", _TEST], _FILES),
    "http": Template(
        ["any", "tested", "http"],
        ["python api.py &", "spine run prices", _TEST],
        ("spine_sources_http", "spine-core[advanced]"),
    ),
    "database": Template(["any", "tested", "database"], ["python shop.py", "spine run orders", _TEST]),
    "full": Template(
        ["any", "tested", "full"],
        ["spine run prices -p day=2026-01-05", "spine backfill prices --to 2026-01-06", _TEST],
        _FILES,
    ),
}


def project_files(template: str, name: str) -> dict[str, str]:
    """Return the text of each file of a project of that name, by its path; settings and workflows first."""
    found = {}
    for folder in TEMPLATES[template].folders:
        root = _TEMPLATES / folder
        for path in sorted(root.rglob(f"*{_SUFFIX}")):
            relative = path.relative_to(root).as_posix().removesuffix(_SUFFIX)
            found[_HIDDEN.get(relative, relative)] = path.read_text(encoding="utf-8")
    found["spine.toml"] = found["spine.toml"].replace("$name", name)
    return {file: found[file] for file in sorted(found, key=_place)}


def _place(file: str) -> tuple[int, str]:
    first = ["spine.toml", "flows.py"]
    return (first.index(file), "") if file in first else (3 if file.startswith(".") else 2, file)


@frozen
class Script:
    """A program that lies in the folder of a new project, and the command that runs it."""

    name: str
    command: Sequence[str]

    @property
    def step(self) -> str:
        """Name of a step that runs it."""
        return re.sub(r"[^a-z0-9]+", "_", Path(self.name).stem.lower()).strip("_") or "step"


def find_scripts(folder: Path) -> list[Script]:
    """Return the programs in a folder by name: shell scripts, Python files that define no test, executable files."""
    try:
        names = sorted(entry.name for entry in os.scandir(folder) if entry.is_file())
    except OSError:  # the folder does not exist yet
        return []
    return [script for name in names if (script := _script(folder / name)) is not None][:_MOST_SCRIPTS]


def _script(path: Path) -> Script | None:
    if _OWN_FILES.fullmatch(path.name) or path.name.startswith("."):
        return None
    if os.access(path, os.X_OK) and _has_interpreter(path):
        return Script(path.name, [f"./{path.name}"])
    interpreter = {".py": "python3", ".sh": "sh"}.get(path.suffix)
    return None if interpreter is None else Script(path.name, [interpreter, path.name])


def _has_interpreter(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            return file.read(2) == b"#!"
    except OSError:
        return False


def workflow_of(scripts: Sequence[Script]) -> Iterator[str]:
    """Yield the lines of Python that make one workflow of the scripts, a `command` step each."""
    yield "from spine import Step, Workflow, workflow_registry"
    yield ""
    yield "workflow_registry.register("
    yield "    Workflow("
    yield '        "scripts",'
    yield "        ["
    for script, name in zip(scripts, _distinct([script.step for script in scripts]), strict=True):
        command = ", ".join(map(_literal, script.command))
        yield f"            Step.command({_literal(name)}, [{command}]),"
    yield "        ],"
    yield "    )"
    yield ")"


def _literal(text: str) -> str:
    """Return Python for a text, in double quotes where it needs none inside."""
    found = repr(text)
    return found if '"' in found else f'"{found[1:-1]}"'


def _distinct(names: Sequence[str]) -> Iterator[str]:
    seen: set[str] = set()
    for name in names:
        number, distinct = 1, name
        while distinct in seen:
            number += 1
            distinct = f"{name}_{number}"
        seen.add(distinct)
        yield distinct
