"""Setup of every test: a scope of its own, Ctrl-C, and property tests that try the same examples in each run."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from pathlib import Path

import pytest
from hypothesis import settings

from spine.core.scope import Scope
from tests.projects import Project

pytest_plugins = ["spine.testing.pytest_plugin", "tests.databases", "tests.payload_places", "tests.stores"]

settings.register_profile("spine", deadline=None, print_blob=True, derandomize=True)
settings.register_profile("search", deadline=None, print_blob=True, max_examples=2_000)
settings.load_profile("spine")


def pytest_configure() -> None:
    """Let Ctrl-C reach the tests' processes, and let no test see the code that a module had before.

    A shell starts what runs in the background without Ctrl-C, for heirs too. Python takes bytecode for that of a module
    which was written anew within a second, if the two are of one length.
    """
    os.environ["PYTHONDONTWRITEBYTECODE"], sys.dont_write_bytecode = "1", True
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Leave what is loaded by now, such as thousands of tests, out of every collection of garbage from here on."""
    gc.collect()
    gc.freeze()


@pytest.fixture(autouse=True)
def own_scope(spine_scope: Scope) -> Scope:
    """Give every test empty registries and memory stores, asked for or not."""
    return spine_scope


@pytest.fixture(autouse=True)
def no_spine_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the developer's own settings out of the tests."""
    for name in [name for name in os.environ if name.startswith("SPINE")]:
        monkeypatch.delenv(name)


FINRA = Path(__file__).parents[1] / "examples" / "finra_weekly"


@pytest.fixture
def finra(tmp_path: Path) -> Project:
    """Return a fresh copy of the example project, without what others have run in it."""
    return copy_finra(tmp_path / "finra")


def copy_finra(folder: Path) -> Project:
    """Copy the example project into a folder, without what others have run in it."""
    shutil.copytree(FINRA, folder, ignore=shutil.ignore_patterns(".spine", "__pycache__"))
    return Project(folder)
