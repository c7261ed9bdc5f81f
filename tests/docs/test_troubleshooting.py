"""docs/how-to/troubleshooting.md: a section for each class of error, with a sentence that the product says."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.scope import Scope
from spine.orchestration.lease import process_name
from spine.testing import FakePlugin
from tests.docs.pages import alike
from tests.docs.provocations import PROVOKE, Place, Said
from tests.http_peer import http_peer
from tests.projects import Project

DOCS = Path(__file__).parents[2] / "docs"
PAGE = (DOCS / "how-to" / "troubleshooting.md").read_text()
SECTIONS = dict(re.findall(r"^### (\w+)\n\n```text\n(.*?)\n```$", PAGE, re.MULTILINE | re.DOTALL))


def test_each_class_of_the_reference_has_a_section_with_cause_and_cure() -> None:
    reference = (DOCS / "reference" / "errors.md").read_text()
    assert sorted(SECTIONS) == sorted([*re.findall(r"^\| `(\w+)`", reference, re.MULTILINE), "SpineError"])
    for section in PAGE.split("\n### ")[1:]:
        assert re.search(r"\n\n\*\*Cause:\*\* .*?\n\n\*\*Cure:\*\* ", section, re.DOTALL), section


def test_each_example_is_provoked() -> None:
    assert sorted(PROVOKE) == sorted(SECTIONS)


@pytest.mark.parametrize("name", SECTIONS)
def test_the_example_is_what_the_product_says(
    name: str, tmp_path: Path, installed_plugin: Callable[..., FakePlugin], own_scope: Scope
) -> None:
    if name == "MemoryLimitError" and sys.platform != "linux":
        pytest.skip("only Linux counts what a process allocates")
    with http_peer() as peer:
        try:
            found = PROVOKE[name](Place(Project(tmp_path), peer, installed_plugin, own_scope))
        except Exception as error:
            found = error
        said = Said.of(found)
        sentence = said.sentence.replace(str(tmp_path), "/srv/prices").replace(peer.url, "https://api.example.com")
        sentence = sentence.replace(peer.url.removeprefix("http://"), "hooks.slack.com")
    assert said.name == name
    sentence = sentence.replace(process_name(), "host1.3f5a2c4e.4026531836/2211/884412")
    assert alike(sentence) == alike(SECTIONS[name])
