"""Check what would be published: versions, change notes, metadata, equal rebuilds; and list the parts (CycloneDX).

It fills `dist/` with the wheel and the sdist of each distribution, and `spine-full.cdx.json`.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from email import message_from_string
from email.message import Message
from pathlib import Path

from commands import run
from packaging.requirements import Requirement
from pyroma import projectdata, ratings

DIST = Path("dist")
PARTS = DIST / "spine-full.cdx.json"
PROJECTS = {
    path.parent.name: tomllib.loads(path.read_text())["project"]
    for path in sorted(Path().glob("spine-*/pyproject.toml"))
}
BEST = 10
TOOLS = Path(sys.executable).parent


def main(builder: str) -> None:
    wrong = [*versions(), *change_notes()]
    build(builder, DIST)
    wrong += [*metadata(), *equal_rebuilds(builder), *described()]
    list_parts()
    if wrong:
        sys.exit("\n".join(wrong))
    print(f"{len(PROJECTS)} distributions may be released: {DIST}/ has their wheels, sdists and {PARTS.name}")


def versions() -> list[str]:
    """Return the requirements among the distributions that their versions do not fulfil."""
    wrong = []
    for name, project in PROJECTS.items():
        extras = project.get("optional-dependencies", {}).values()
        wanted = map(Requirement, sum(extras, start=list(project["dependencies"])))
        own = [(each, PROJECTS[each.name]["version"]) for each in wanted if each.name in PROJECTS]
        wrong += [
            f"{name} requires {each}, and it is {version}" for each, version in own if version not in each.specifier
        ]
    return wrong


def change_notes() -> list[str]:
    """Return the distributions without change notes for their version; print those whose notes have no date."""
    wrong, undated = [], []
    for name, project in PROJECTS.items():
        entry = re.search(r"^## (\S+) \((.+)\)\n+- ", Path(name, "CHANGELOG.md").read_text(), re.MULTILINE)
        if entry is None or entry[1] != project["version"]:
            wrong.append(f"{name}/CHANGELOG.md does not begin with an entry for {project['version']}")
        elif entry[2] == "unreleased":
            undated.append(f"{name} {entry[1]}")
    if undated:
        print(f"Their change notes have no date yet: {', '.join(undated)}")
    return wrong


def build(builder: str, target: Path) -> None:
    for kind in ("*.whl", "*.tar.gz"):
        for path in target.glob(kind):
            path.unlink()
    for name in PROJECTS:
        run(builder, "build", "--directory", str(target.resolve()), folder=Path(name))


def metadata() -> list[str]:
    wrong = []
    for name, project in PROJECTS.items():
        stem = f"{name.replace('-', '_')}-{project['version']}"
        wheel, sdist = DIST / f"{stem}-py3-none-any.whl", DIST / f"{stem}.tar.gz"
        licence = Path("LICENSE").read_bytes()
        with zipfile.ZipFile(wheel) as archive:
            described = archive.read(f"{stem}.dist-info/METADATA").decode()
            if archive.read(f"{stem}.dist-info/licenses/LICENSE") != licence:
                wrong.append(f"{wheel} has another licence than the repository")
        with tarfile.open(sdist) as archive:
            if archive.extractfile(f"{stem}/LICENSE").read() != licence:
                wrong.append(f"{sdist} has another licence than the repository")
        wrong += [f"{name}: {text}" for text in faults(message_from_string(described), project)]
    return wrong


def faults(described: Message, project: dict[str, object]) -> list[str]:
    wanted = ("Author-email", "Classifier", "Keywords", "License-Expression", "License-File", "Project-URL", "Summary")
    wrong = [f"its metadata have no {field}" for field in wanted if not described[field]]
    if described["Version"] != project["version"]:
        wrong.append(f"its wheel says version {described['Version']}")
    body = described.get_payload()
    return wrong + [f"a link of README.md breaks on an index page: {link}" for link in relative_links(str(body))]


def relative_links(text: str) -> list[str]:
    return [link for link in re.findall(r"\]\(([^)\s]+)", text) if not link.startswith(("https://", "#"))]


def described() -> list[str]:
    """Return what twine and pyroma find wrong."""
    checked = run(str(TOOLS / "twine"), "check", "--strict", *map(str, archives(DIST)))
    print(f"twine check --strict: {checked.count('PASSED')} of {len(archives(DIST))} archives passed")
    rated = {name: ratings.rate(projectdata.get_data(str(Path(name).resolve()))) for name in PROJECTS}
    print("pyroma:", ", ".join(f"{name} {rating}/{BEST}" for name, (rating, _) in rated.items()))
    return [f"pyroma: {name}: {' '.join(found)}" for name, (rating, found) in rated.items() if rating < BEST]


def equal_rebuilds(builder: str) -> list[str]:
    with tempfile.TemporaryDirectory() as folder:
        build(builder, Path(folder))
        again = {path.name: path.read_bytes() for path in archives(Path(folder))}
    return [
        f"{path} differs when it is built again" for path in archives(DIST) if again[path.name] != path.read_bytes()
    ]


def archives(folder: Path) -> list[Path]:
    return sorted([*folder.glob("*.whl"), *folder.glob("*.tar.gz")])


def list_parts() -> None:
    """Write the parts of an installation of the highest tier, from the wheels, as a CycloneDX document."""
    folder = Path(".venv/installed")
    shutil.rmtree(folder, ignore_errors=True)
    uv = str(Path(".venv/tools/bin/uv").resolve())
    python = str(folder / "bin" / "python")
    run(uv, "venv", "--quiet", "--no-project", "--python", sys.executable, str(folder))
    pinned = ("--constraint", "constraints.txt", "--find-links", str(DIST))
    run(uv, "pip", "install", "--quiet", "--python", python, "--reinstall", *pinned, "spine-core[full]")
    told = run(str(TOOLS / "cyclonedx-py"), "environment", "--output-reproducible", "--of", "JSON", python)
    parts = json.loads(told)
    for part in parts["components"]:
        part.pop("externalReferences", None)  # also the paths of this machine
    PARTS.write_text(json.dumps(parts, indent=2) + "\n")
    print(f"{PARTS}: {parts['bomFormat']} {parts['specVersion']}, {len(parts['components'])} components")


if __name__ == "__main__":
    main(str(Path(sys.argv[1]).absolute()))
