"""A new plugin distribution, written from the templates in this folder."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from string import Template

from attrs import frozen

from spine.cli.main import COMMANDS
from spine.core.clock import utc_now
from spine.core.errors import ValidationError
from spine.plugins.catalog import Catalog
from spine.plugins.descriptors import KINDS, CommandSpec, DatabaseSpec, SourceSpec
from spine.plugins.discovery import core_version
from spine.plugins.known import KNOWN_DISTRIBUTIONS

_TEMPLATES = Path(__file__).parent
_SUFFIX = ".tmpl"
_DEVELOPMENT = _TEMPLATES / "development.md.tmpl"  # the end of every README
_PACKAGE_FOLDER = "package"  # in the templates' paths, replaced by the name of the package
_NAME = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_LONGEST_NAME = 30
PLACEHOLDER_AUTHOR = "Name of the author"


PLUGIN_KINDS = {spec.word: spec for spec in KINDS.values() if spec.has_template}
_READ_AS_ARROW = (SourceSpec, DatabaseSpec)  # their conformance suites have rules that need pyarrow


@frozen
class NewPlugin:
    """The names of a new plugin."""

    kind: str
    name: str
    author: str

    @property
    def distribution(self) -> str:
        return f"spine-{self.kind}-{self.name}"

    @property
    def class_name(self) -> str:
        return "".join(map(str.capitalize, self.name.split("-"))) + PLUGIN_KINDS[self.kind].noun

    def values(self) -> dict[str, str]:
        """Return the values of the templates' placeholders."""
        kind = PLUGIN_KINDS[self.kind]
        names = {
            "name": self.name,
            "plugin": f"{self.kind}-{self.name}",
            "distribution": self.distribution,
            "package": self.distribution.replace("-", "_"),
            "identifier": self.name.replace("-", "_"),
            "summary": f"The {kind.kind.replace('_', ' ')} '{self.name}' for Spine.",
            "test_extras": "testing,arrow" if kind in _READ_AS_ARROW else "testing",
            "role": kind.role,
            "class_name": self.class_name,
            "hook": kind.hook,
            "spec": kind.__name__,
            "core_range": core_range(core_version()),
            "author": self.author,
            "author_quoted": json.dumps(self.author, ensure_ascii=False),
            "year": str(utc_now().year),
        }
        development = Template(_DEVELOPMENT.read_text(encoding="utf-8")).substitute(names)
        return {**names, "development": development}


def new_plugin(kind: str, name: str, into: Path, *, author: str | None = None) -> tuple[Path, list[Path]]:
    """Write the distribution as a folder in `into`; return the folder and its files, relative to it.

    LICENSE and metadata name the `author`, or the placeholder PLACEHOLDER_AUTHOR.

    Raises ValidationError for an invalid name, FileExistsError if the folder exists.
    """
    plugin = NewPlugin(kind, check_plugin_name(name), author or PLACEHOLDER_AUTHOR)
    values = plugin.values()
    files = {
        path: Template(template.read_text(encoding="utf-8")).substitute(values)
        for path, template in _templates(kind, values["package"])
    }
    _refuse_double_meaning(plugin)
    _refuse_own_command(plugin)
    folder = into / plugin.distribution
    folder.mkdir(parents=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    return folder, sorted(files)


def git_author() -> str | None:
    """Return `user.name` of git's configuration, None without git or without that setting."""
    try:
        git = ["git", "config", "user.name"]
        asked = subprocess.run(git, capture_output=True, check=False)  # noqa: S603 - a fixed command
    except OSError:
        return None
    name = asked.stdout.decode(errors="replace")
    return " ".join("".join(letter if letter.isprintable() else " " for letter in name).split()) or None


def check_plugin_name(name: str) -> str:
    """Return `name` if a package and a class can be named after it; otherwise raise ValidationError with a proposal."""
    if _NAME.fullmatch(name) and len(name) <= _LONGEST_NAME:
        return name
    words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", name).lower()
    better = "-".join(re.findall(r"[a-z0-9]+", words)).lstrip("0123456789-")[:_LONGEST_NAME].rstrip("-")
    raise ValidationError(
        f"plugin name {name!r:.80} is not valid: a Python package is named after it, so use at most {_LONGEST_NAME} "
        f"lower-case letters, digits and '-', beginning with a letter{f', such as {better!r}' if better else ''}",
        field="name",
        value=name,
    )


def taken_by(catalog: Catalog, kind: str, name: str) -> str | None:
    """Return the present owner of the name, as a part of a sentence; None if it is free."""
    descriptor_kind = PLUGIN_KINDS[kind].kind
    if claims := catalog.claims(descriptor_kind, name):
        return f"the installed plugin {claims[0].report.name!r}"
    distribution = KNOWN_DISTRIBUTIONS.get((descriptor_kind, name))
    return None if distribution is None else f"{distribution!r}"


def core_range(running: str) -> str:
    """Return the requirement for the releases of core that are compatible with the running one."""
    numbers = [int(number) for number in re.findall(r"\d+", running)[:2]]
    major, minor = (*numbers, 0, 0)[:2]
    return f">={major}.{minor},<{major}.{minor + 1}"


def _templates(kind: str, package: str) -> Iterator[tuple[Path, Path]]:
    for root in (_TEMPLATES / "any", _TEMPLATES / kind):
        for template in root.rglob(f"*{_SUFFIX}"):
            relative = template.relative_to(root)
            parts = [package if part == _PACKAGE_FOLDER else part for part in relative.parts]
            yield Path(*parts).with_suffix(""), template


def _refuse_double_meaning(plugin: NewPlugin) -> None:
    """Refuse a name whose class would be called like one that the templates import."""
    for _, template in _templates(plugin.kind, plugin.name):
        if re.search(rf"\b{plugin.class_name}\b", template.read_text(encoding="utf-8")):
            raise ValidationError(
                f"plugin name {plugin.name!r} is not valid: Spine uses the class name {plugin.class_name} itself; "
                "choose another name",
                field="name",
                value=plugin.name,
            )


def _refuse_own_command(plugin: NewPlugin) -> None:
    if plugin.kind == CommandSpec.word and plugin.name in COMMANDS:
        raise ValidationError(
            f"plugin name {plugin.name!r} is not valid: spine has a command of that name; choose another name",
            field="name",
            value=plugin.name,
        )
