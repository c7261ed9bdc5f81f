"""docs/reference is what the code declares."""

from __future__ import annotations

import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from spine.core.errors import InvalidConfigError, NetworkError
from spine.framework.alerts import AlertSeverity
from spine.framework.sources import Source
from spine.orchestration import Workflow

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "docs" / "reference"
EXTENSION = ROOT / ".ci" / "griffe_constructors.py"
DESCRIBED = runpy.run_path(str(EXTENSION))["described"]
NAMES = sorted(str(path.relative_to(FOLDER)) for path in FOLDER.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("reference")
    subprocess.run([sys.executable, ROOT / ".ci" / "reference.py", folder], check=True, timeout=120)
    return folder


@pytest.mark.parametrize("name", NAMES)
def test_a_page_of_the_reference_is_as_the_code_declares(name: str, written: Path) -> None:
    assert (FOLDER / name).read_text() == (written / name).read_text(), "run make reference"


def test_no_page_is_missing(written: Path) -> None:
    assert sorted(str(path.relative_to(written)) for path in written.rglob("*") if path.is_file()) == NAMES


@pytest.mark.parametrize("name", ["errors.md", "spine-toml.md"])
def test_every_line_says_what_it_is_about(name: str) -> None:
    lines = [line for line in (FOLDER / name).read_text().splitlines() if line.startswith("| `")]
    assert len(lines) > 50
    assert [line for line in lines if not line.split(" | ")[-1].strip(" |")] == []


def test_a_constructor_is_shown_as_it_is_called() -> None:
    assert DESCRIBED(InvalidConfigError).splitlines() == [
        "InvalidConfigError(",
        "    key: str,",
        "    value: Any,",
        "    message: str | None = None,",
        "    **options: Unpack[ErrorOptions],",
        ")",
    ]
    assert "    *,\n    category: ErrorCategory | None = None,\n" in DESCRIBED(NetworkError)


def test_a_field_with_a_converter_is_shown_with_its_type_and_one_that_is_made_anew_with_dots() -> None:
    shown = DESCRIBED(Workflow).splitlines()
    assert "    steps: Sequence[Step]," in shown
    assert "    tags: Iterable[str] | None = ...," in shown


def test_the_members_of_an_enum_are_shown_and_a_protocol_has_no_constructor() -> None:
    assert DESCRIBED(AlertSeverity).splitlines()[0] == "AlertSeverity.INFO = 'INFO'"
    assert DESCRIBED(Source) == ""


@pytest.mark.slow
def test_the_site_shows_constructors_and_members_at_their_classes() -> None:
    assert f"extensions: [{EXTENSION.relative_to(ROOT)}]" in (ROOT / "mkdocs.yml").read_text()
    griffe = pytest.importorskip("griffe")  # a part of mkdocstrings
    module = griffe.load(
        "spine.orchestration.definition.options",
        search_paths=[ROOT / "spine-core" / "src"],
        extensions=griffe.load_extensions(str(EXTENSION)),
    )
    assert "ErrorPolicy.CONTINUE = 'continue'" in module["ErrorPolicy"].docstring.value
