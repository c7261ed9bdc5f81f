"""The pinned versions: one for each package in both files, hashes for what users install, and no hosts."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

ROOT = Path(__file__).parents[2]
PINNED = (ROOT / "constraints.txt").read_text()
HASHED = (ROOT / "constraints-hashed.txt").read_text()


def _versions(text: str) -> dict[str, str]:
    return {_name(name): version for name, version in re.findall(r"^([\w.-]+)==(\S+)", text, re.MULTILINE)}


def _name(written: str) -> str:
    return re.sub(r"[-_.]+", "-", re.match(r"[\w.-]+", written)[0]).lower()


def test_both_files_pin_the_same_versions():
    hashed = _versions(HASHED)
    assert hashed
    assert hashed == {name: version for name, version in _versions(PINNED).items() if name in hashed}


def test_whatever_a_distribution_needs_has_hashes():
    needed = set()
    for path in ROOT.glob("spine-*/pyproject.toml"):
        project = tomllib.loads(path.read_text())["project"]
        extras = project.get("optional-dependencies", {}).values()
        needed |= {_name(text) for text in sum(extras, start=project["dependencies"])}
    assert {name for name in needed if not name.startswith("spine-")} <= set(_versions(HASHED))


def test_every_pin_of_the_hashed_file_has_hashes_and_neither_file_names_a_host():
    for entry in re.split(r"\n(?=\w)", HASHED.strip()):
        assert re.fullmatch(r"[\w.-]+==\S+( \\\n    --hash=sha256:[0-9a-f]{64})+", entry), entry
    for line in PINNED.splitlines():
        assert re.fullmatch(r"[\w.-]+==[\w.]+", line), line
