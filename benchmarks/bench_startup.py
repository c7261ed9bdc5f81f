"""CPU time of starting the command line, as multiples of `python -c pass`, all in one run.

Bytecode is compiled first and PYTHONDONTWRITEBYTECODE is unset: otherwise every figure measures the compiler.
"""

from __future__ import annotations

import compileall
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import spine
from spine.testing import make_plugin

RUNS = 15
AIMS = {"spine --help": 6.0, "spine plugins list": 12.0}
FLOOR = "import sqlalchemy"
PROJECT_AIMS = {"spine runs list": 0.25 / 0.16, "spine run, nothing new": 0.30 / 0.16}
"""Multiples of FLOOR: 0.25 s and 0.30 s where that takes 0.16 s."""

PLUGIN = """
from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [SourceSpec("{name}", "absent.module:Absent", help="A source of the benchmark.")]
"""

ENTRY = "from spine.cli.main import main; import sys; sys.argv = ['spine', *{arguments!r}]; main()"
METADATA_ONLY = "from spine.plugins.discovery import installed_plugins; list(installed_plugins())"


def cpu_seconds(code: str, path: Path | None = None, folder: Path | None = None) -> float:
    """Return user plus system time of one interpreter that runs `code`."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    if path is not None:
        environment["PYTHONPATH"] = str(path)
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    child = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=folder, **quiet)
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"failed: {code}")
    return usage.ru_utime + usage.ru_stime


def install(folder: Path, count: int) -> Path:
    for number in range(count):
        name = f"bench{number:03}"
        make_plugin(folder, name, PLUGIN.format(name=name), requires=["spine-core<1,>=0.1"])
    compileall.compile_dir(folder, quiet=1)
    return folder


def in_a_project(folder: Path) -> None:
    """Print the cost of two commands in the project of `spine init`, which do nothing that is new."""
    commands = {
        FLOOR: FLOOR,
        "spine runs list": ENTRY.format(arguments=["runs", "list"]),
        "spine run, nothing new": ENTRY.format(arguments=["run", "hello"]),
    }
    for first in (["init", "."], ["run", "hello"]):
        cpu_seconds(ENTRY.format(arguments=first), folder=folder)
    samples: dict[str, list[float]] = {name: [] for name in commands}
    for _ in range(RUNS):
        for name, code in commands.items():
            samples[name].append(cpu_seconds(code, folder=folder))
    floor = statistics.median(samples[FLOOR])
    for name, times in samples.items():
        aim = f"  (aim: at most {PROJECT_AIMS[name]:.2f})" if name in PROJECT_AIMS else ""
        median = statistics.median(times)
        print(f"{name:34} {median * 1000:7.1f} ms CPU  {median / floor:5.2f} x {FLOOR}{aim}")


def main() -> None:
    compileall.compile_dir(Path(spine.__file__).parent, quiet=1)
    with tempfile.TemporaryDirectory() as folder:
        five, hundred = install(Path(folder) / "five", 5), install(Path(folder) / "hundred", 100)
        listing = ENTRY.format(arguments=["plugins", "list"])
        commands: dict[str, tuple[str, Path | None]] = {
            "python -c pass": ("pass", None),
            "import click": ("import click", None),
            "click, attrs, pluggy and a scan": (
                "import click, attrs, pluggy; from importlib.metadata import entry_points; entry_points(group='spine')",
                None,
            ),
            "spine --help": (ENTRY.format(arguments=["--help"]), None),
            "spine plugins list": (listing, None),
            "5 plugins more": (listing, five),
            "100 plugins more": (listing, hundred),
            "reading metadata, 5": (METADATA_ONLY, five),
            "reading metadata, 100": (METADATA_ONLY, hundred),
        }
        samples: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(RUNS):  # interleaved, so that a slow moment of the machine hits all of them
            for name, (code, path) in commands.items():
                samples[name].append(cpu_seconds(code, path))
    bare = samples["python -c pass"]
    for name, times in samples.items():
        ratio = statistics.median(times) / statistics.median(bare)
        aim = f"  (aim: at most {AIMS[name]:g})" if name in AIMS else ""
        print(f"{name:34} {statistics.median(times) * 1000:7.1f} ms CPU  {ratio:5.1f} x{aim}")
    median = {name: statistics.median(times) for name, times in samples.items()}
    with tempfile.TemporaryDirectory() as folder:
        in_a_project(Path(folder))
    few = median["5 plugins more"] - median["reading metadata, 5"]
    many = median["100 plugins more"] - median["reading metadata, 100"]
    print(f"100 plugins against 5, apart from reading metadata: {many / few:.2f} x  (aim: at most 2)")


if __name__ == "__main__":
    main()
