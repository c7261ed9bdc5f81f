"""Run the named quick part of the suite elsewhere: with the lowest allowed versions, and on other Pythons."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Collection, Sequence
from pathlib import Path

BRIEF = (
    *("tests/core", "tests/formats", "tests/storage/test_capture_store.py", "tests/storage/test_damage.py"),
    *(f"tests/cli/{name}.py" for name in ("test_main", "test_output", "commands/test_init", "commands/test_run")),
)  # for every change
PART = (*BRIEF[:2], "tests/sources_file", "tests/storage", *BRIEF[4:])
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
NOT_NEEDED = {
    "axe-playwright-python",
    "coverage",
    "duckdb",
    "import-linter",
    "mkdocs-material",
    "mkdocstrings",
    "mypy",
    "pandas",
    "playwright",
    "polars",
}
BESIDE_ARROW = {"numpy"}  # pyarrow does not need it, and users need not have it
WITH_NUMPY = {"spine-calendars-exchange"}  # through pandas; no test of the part needs it
UV = Path(sys.executable).with_name("uv")
ENVIRONMENTS = Path(".venv")
DISTRIBUTIONS = sorted(path.parent for path in Path().glob("spine-*/pyproject.toml"))


def lowest() -> None:
    """Run the part with the lowest version of each direct requirement, without the tests on PostgreSQL."""
    python = environment("lowest", VERSIONS[0], path_of(VERSIONS[0]) or sys.executable)
    install(python, "--resolution", "lowest-direct", *editable(WITH_NUMPY))
    listed = subprocess.run([UV, "pip", "freeze", "--python", python], check=True, capture_output=True, text=True)
    chosen = {name_of(line) for line in listed.stdout.splitlines() if not line.startswith("-e")}
    others = [line for line in Path("constraints.txt").read_text().splitlines() if name_of(line) not in chosen]
    pinned = ENVIRONMENTS / "lowest" / "constraints.txt"
    pinned.write_text("\n".join(others))
    install(python, "--constraint", str(pinned), *sorted(tools() - BESIDE_ARROW))
    test("the lowest allowed versions", python, PART)


def pythons() -> None:
    """Run the part on each version of Python that this machine has or uv can fetch, oldest first."""
    found = {version: path_of(version) or fetched(version) for version in VERSIONS}
    for version, python in found.items():
        if python is not None:
            test_with_pinned(version, python, PART)
    if missing := [version for version, python in found.items() if python is None]:
        print(f"Python {', '.join(missing)} was not tried: this machine has none, and uv could not fetch it")


def newest() -> None:
    """Run a brief part on the newest Python that this machine has, if that is not the one of `.venv`."""
    own = VERSIONS.index(f"{sys.version_info.major}.{sys.version_info.minor}")
    for version in reversed(VERSIONS[own + 1 :]):
        python = path_of(version)
        if python is not None:
            test_with_pinned(version, python, BRIEF)
            return
    print(f"No Python newer than {VERSIONS[own]} was found: the quick part ran on no other one")


def test_with_pinned(version: str, path: str, part: Sequence[str]) -> None:
    python = environment(f"python{version}", version, path)
    install(python, "--constraint", "constraints.txt", *editable(), *sorted(tools()))
    test(f"Python {version}", python, part)


def test(where: str, python: str, part: Sequence[str]) -> None:
    print(f"== {' '.join(part)} with {where}", flush=True)
    options = ("-n", "2", "--dist", "loadgroup", "-q", "-k", "not postgresql")
    done = subprocess.run([python, "-m", "pytest", *options, *part], check=False)
    if done.returncode:
        sys.exit(f"The quick part failed with {where}: {python} -m pytest tells more")


def environment(name: str, version: str, path: str) -> str:
    """Return the interpreter of the environment of that name, made with the Python at `path`."""
    folder = ENVIRONMENTS / name
    python = folder / "bin" / "python"
    if not is_version(str(python), version):
        run(UV, "venv", "--quiet", "--clear", "--no-project", "--python", path, folder)
    return str(python)


def install(python: str, *arguments: str) -> None:
    run(UV, "pip", "install", "--quiet", "--python", python, *arguments)


def editable(left_out: Collection[str] = ()) -> list[str]:
    """Return the distributions with the extras that add libraries, not other distributions of Spine."""
    wanted = []
    for folder in DISTRIBUTIONS:
        if folder.name in left_out:
            continue
        extras = tomllib.loads((folder / "pyproject.toml").read_text())["project"].get("optional-dependencies", {})
        added = [name for name, needed in extras.items() if not any(text.startswith("spine-") for text in needed)]
        wanted += ["--editable", f"./{folder}[{','.join(added)}]" if added else f"./{folder}"]
    return wanted


def tools() -> set[str]:
    """Return what the tests need, of the group `dev`."""
    group = tomllib.loads(Path("pyproject.toml").read_text())["dependency-groups"]["dev"]
    return {text for text in group if name_of(text) not in NOT_NEEDED}


def path_of(version: str) -> str | None:
    """Return the path of that version of Python: the running one, of PATH, uv's own, or pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv")) / "versions"
    candidates = [sys.executable, *asked("python", "find", "--no-project", "--system", version)]
    candidates += sorted(str(path) for path in pyenv.glob(f"{version}.*/bin/python"))
    return next((path for path in candidates if is_version(path, version)), None)


def fetched(version: str) -> str | None:
    """Fetch that version of Python with uv, and return its path; None where there is no way to it."""
    asked("python", "install", "--no-bin", version)
    return path_of(version)


def asked(*arguments: str) -> list[str]:
    """Return what uv prints; it downloads nothing to find something, and nothing where it fails."""
    offline = [] if "install" in arguments else ["--no-python-downloads"]
    done = subprocess.run([UV, *arguments, *offline], check=False, capture_output=True, text=True)
    return done.stdout.split() if done.returncode == 0 else []


def is_version(python: str, version: str) -> bool:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", code], check=False, capture_output=True, text=True)
    except OSError:
        return False
    return done.stdout.strip() == version


def name_of(requirement: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[^\w.-]", requirement, maxsplit=1)[0]).lower()


def run(*command: str | Path) -> None:
    if subprocess.run(command, check=False).returncode:
        sys.exit(f"{' '.join(map(str, command))} failed")


if __name__ == "__main__":
    {"lowest": lowest, "pythons": pythons, "newest": newest}[sys.argv[1]]()
