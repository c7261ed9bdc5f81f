"""The rules of the suite for sources with a cursor: a right one passes, and each wrong one fails its rule."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.testing.suite_run import failures

SUITES = """
from pathlib import Path

import pytest

from spine.core.hashing import hash_json
from spine.framework.sources import BaseSource, SourceResult, recorded
from spine.framework.sources.state import read_state, write_state
from spine.testing.conformance.source import SourceConformance


class Journal(BaseSource):
    has_cursor = True

    def __init__(self, path):
        super().__init__("journal", "journal")
        self.path = path

    def seen(self):
        return read_state(self.name) or 0

    def keep(self, number):
        write_state(self.name, number)

    @recorded
    def fetch(self, params=None):
        lines, seen = self.path.read_text().splitlines(), self.seen()
        rows = [{"number": number, "text": text} for number, text in enumerate(lines, 1) if number > seen]
        if rows:
            self.keep(rows[-1]["number"])
        return SourceResult.ok(rows, self.create_metadata(params, content_hash=hash_json(lines)))


class Forgetful(Journal):
    def keep(self, number):
        pass


class OnItself(Journal):
    at = 0

    def seen(self):
        return self.at

    def keep(self, number):
        self.at = number


class Unsaid(Journal):
    has_cursor = False


class Suite(SourceConformance):
    has_cursor = detects_change = True

    @pytest.fixture(autouse=True)
    def journal(self, tmp_path):
        self.path = tmp_path / "journal.txt"
        self.path.write_text("007\\nNA\\n1e5\\n")

    def make_source(self):
        return self.Made(self.path)

    def expected_rows(self):
        return [{"number": number, "text": text} for number, text in enumerate(("007", "NA", "1e5"), 1)]

    def add_rows(self):
        with self.path.open("a") as file:
            file.write("late\\n")
        return [{"number": 4, "text": "late"}]


class TestJournal(Suite):
    Made = Journal


class TestForgetful(Suite):
    Made = Forgetful


class TestOnItself(Suite):
    Made = OnItself


class TestUnsaid(Suite):
    Made = Unsaid
"""


CURSOR_RULES = {"test_a_cursor_passes_over_what_was_read", "test_a_cursor_moves_with_its_step"}


@pytest.mark.slow
def test_a_source_with_a_cursor_passes_the_suite_and_one_that_loses_it_or_keeps_it_elsewhere_fails(
    tmp_path: Path,
) -> None:
    found = failures(tmp_path, SUITES)
    assert found["TestJournal"] == set()
    assert found["TestForgetful"] == {"test_a_cursor_passes_over_what_was_read"}
    assert found["TestUnsaid"] == {"test_a_cursor_passes_over_what_was_read"}
    assert "test_a_cursor_moves_with_its_step" in found["TestOnItself"]
