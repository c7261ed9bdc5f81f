"""The import contracts cover everything there is: what is not listed is not checked."""

from __future__ import annotations

import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]
CONTRACTS = {contract["name"]: contract for contract in TOOL["importlinter"]["contracts"]}
SPINE = ROOT / "spine-core" / "src" / "spine"

LAYERS = {
    module.strip()
    for layer in CONTRACTS["core's layers import downwards only"]["layers"]
    for module in layer.split(":")
}


def modules(folder: Path) -> set[str]:
    found = {path.stem for path in folder.glob("*.py")} | {path.parent.name for path in folder.glob("*/__init__.py")}
    return found - {"__init__"}


def test_every_package_of_spine_is_in_a_layer() -> None:
    listed = {module.split(".")[1] for module in LAYERS}
    assert modules(SPINE) <= listed, "add the new package to the layers in pyproject.toml"


def test_every_module_of_core_is_in_the_lowest_layer() -> None:
    assert {f"spine.core.{name}" for name in modules(SPINE / "core")} <= LAYERS


def test_every_distribution_is_checked() -> None:
    packages = {path.parent.name for path in ROOT.glob("spine-*/src/*/__init__.py")}
    assert set(TOOL["importlinter"]["root_packages"]) == packages
    assert set(TOOL["mypy"]["packages"]) == packages
    plugins = packages - {"spine"}
    assert set(CONTRACTS["core knows no plugin distribution"]["forbidden_modules"]) == plugins


WITHOUT_OPTIONS = {"spine-board"}  # a command, whose options are on its line
LIBRARIES = {"spine-scheduler-apscheduler"}  # for applications: nothing of it is named in spine.toml


def test_every_plugin_distribution_has_the_same_shape() -> None:
    for project in ROOT.glob("spine-*/pyproject.toml"):
        if project.parent.name == "spine-core":
            continue
        [package] = (project.parent / "src").glob("spine_*")
        of_plugins = () if project.parent.name in LIBRARIES else ("plugin.py",)
        of_options = () if project.parent.name in LIBRARIES | WITHOUT_OPTIONS else ("config.py",)
        for name in ("__init__.py", "py.typed", *of_plugins, *of_options):
            assert (package / name).is_file(), f"{package}: {name} is missing"
        for name in ("README.md", "CHANGELOG.md"):
            assert (project.parent / name).is_file(), f"{project.parent}: {name} is missing"


NEEDS_ANOTHER = {
    "spine-sources-sftp": ["spine-sources-file>=0.1,<0.2"],  # decision 29
    "spine-executor-procrastinate": ["spine-db-postgres>=0.1,<0.2"],  # its queue is in the project's own database
}


def test_no_distribution_depends_on_another_but_core() -> None:
    for project in ROOT.glob("spine-*/pyproject.toml"):
        needed = tomllib.loads(project.read_text())["project"]["dependencies"]
        others = [text for text in needed if text.startswith("spine-") and not text.startswith("spine-core")]
        assert others == NEEDS_ANOTHER.get(project.parent.name, [])


def test_only_a_distribution_that_depends_on_another_may_import_it() -> None:
    ignored = CONTRACTS["plugin distributions do not know one another"]["ignore_imports"]
    assert ignored == ["spine_sources_sftp.* -> spine_sources_file.*"]
