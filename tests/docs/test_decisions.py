"""Decision records have one form, are numbered without gaps, and are referred to by paths that exist."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECORDS = sorted((ROOT / "docs" / "decisions").glob("*.md"))
FORM = re.compile(
    r"# (?P<number>[1-9]\d*)\. [^\n]+\n\n"
    r"Date: 20\d\d-\d\d-\d\d\n\n"
    r"Status: (accepted(, amended by \d{4})?|superseded by \d{4})\n\n"
    r"## Context\n\n.+\n\n## Decision\n\n.+\n\n## Consequences\n\n.+\n",
    re.DOTALL,
)


def test_records_are_numbered_without_gaps() -> None:
    assert [path.name[:5] for path in RECORDS] == [f"{number:04}-" for number in range(1, len(RECORDS) + 1)]


@pytest.mark.parametrize("path", RECORDS, ids=lambda path: path.stem)
def test_a_record_has_title_date_status_context_decision_and_consequences(path: Path) -> None:
    match = FORM.fullmatch(path.read_text())
    assert match is not None, "write it like docs/decisions/0001-header-without-rows.md"
    assert int(match["number"]) == int(path.name[:4])
    assert re.findall(r"^## (.+)", match[0], re.MULTILINE) == ["Context", "Decision", "Consequences"]


def test_a_reference_to_a_record_leads_to_it() -> None:
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("spine-*/*.md")]
    linked = {name for page in pages for name in re.findall(r"decisions/(\d{4}[\w-]*\.md)", page.read_text())}
    assert linked
    assert linked <= {path.name for path in RECORDS}
