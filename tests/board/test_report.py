"""The report of a run: one file, whole, and harmless whatever a run holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from spine.project import Project, open_project
from spine.testing.project import make_project

EVIL = "<script>alert(1)</script></style><img src=x onerror=alert(1)> \u202egnp.exe \x1b[31mred & 'q' \"d\""
TOML = """
[spine]
name = "reported"
modules = ["flows"]

[channels.hook]
type = "webhook"
url = "https://hooks.example/T0/5ecret-of-hook"
"""
FLOWS = f"""
import logging

from spine.framework.captures import capture
from spine.framework.rejects import Reject, quarantine
from spine.orchestration import Step, Workflow, workflow_registry

EVIL = {EVIL!r}


def load(context, config):
    logging.getLogger("flows").warning("about to load %s", EVIL)
    rows = [{{"n": number, "text": EVIL}} for number in range(int(context.params["rows"]))]
    kept = capture("numbers", rows, partition={{EVIL[:50]: EVIL}})
    quarantine([Reject("feed", reason=EVIL, raw=EVIL, location=EVIL, line_number=3)])
    return {{"record_count": kept.row_count, EVIL: EVIL}}


def fail(context, config):
    try:
        {{}}["missing"]
    except KeyError as error:
        raise ValueError("not usable: " + EVIL) from error


inside = {{"left": [Step.lambda_("l", lambda c, f: {{"a": 1}})], "right": [Step.lambda_("r", lambda c, f: {{"a": 2}})]}}
steps = [Step.lambda_("load", load), Step.parallel("both", branches=inside)]
given = {{"rows": "3", "text": EVIL}}
workflow_registry.register(Workflow("good", steps, defaults={{"rows": "3"}}))
workflow_registry.register(Workflow("bad", [*steps, Step.lambda_("explode", fail)], defaults=given))
workflow_registry.register(Workflow("bare", [Step.lambda_("only", lambda context, config: None)]))
"""


class Page(HTMLParser):
    """A report as a browser takes it: its tags, its attributes, and the text that is shown."""

    def __init__(self, written: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.shown = ""
        self.headings: list[str] = []
        self._inside = ""
        self.feed(written.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._inside = tag

    def handle_data(self, data: str) -> None:
        if self._inside != "style":
            self.shown += data
        if self._inside in ("h1", "h2"):
            self.headings.append(data.strip())

    def handle_endtag(self, tag: str) -> None:
        self._inside = ""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    """Open a project whose data is hostile."""
    with open_project(make_project(tmp_path / "project", spine_toml=TOML, flows=FLOWS)) as opened:
        yield opened


@pytest.fixture
def report(project: Project) -> Callable[..., Page]:
    """Return the function that runs a workflow and reads its report."""

    def run(workflow: str, **params: str) -> Page:
        return Page(project.runs.report(project.run(workflow, params).run_id))

    return run


def test_nothing_in_it_runs_or_is_fetched(report: Callable[..., Page]) -> None:
    page = report("bad")
    assert not {"script", "img", "link", "iframe", "object", "form", "base"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on") or name in ("style", "src", "srcset")]
    assert {value[:1] for name, value in page.attributes if name == "href"} <= {"#"}
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    assert ("content", policy) in page.attributes


def test_hostile_texts_are_shown_as_they_are_without_what_a_browser_acts_on(report: Callable[..., Page]) -> None:
    page = report("bad")
    assert page.shown.count("<script>alert(1)</script>") >= 5
    assert not {"\u202e", "\x1b"} & set(page.shown)


def test_the_links_lead_to_places_in_the_file(report: Callable[..., Page]) -> None:
    page = report("good")
    places = {value for name, value in page.attributes if name == "id"}
    links = {value.removeprefix("#") for name, value in page.attributes if name == "href"}
    assert links <= places
    assert any(link.startswith("step-") for link in links)


def test_it_has_a_section_for_each_thing_of_a_run(report: Callable[..., Page]) -> None:
    assert report("good").headings == [
        *("good", "Steps", "Workflow", "Run", "Runs and items below", "Rows in", "Rows out", "Rejected rows"),
        *("Lineage", "End of the log", "Made with"),
    ]


def test_a_failure_comes_first_with_the_exceptions_that_led_to_it(report: Callable[..., Page]) -> None:
    page = report("bad")
    assert page.headings[1] == "Why it failed"
    assert page.shown.index("KeyError") < page.shown.index("which led to") < page.shown.index("ValueError")
    assert 'raise ValueError("not usable: " + EVIL) from error' in page.shown


def test_a_capture_is_compared_with_the_revision_before(report: Callable[..., Page]) -> None:
    report("good", rows="3")
    page = report("good", rows="5")
    assert "+2" in page.shown
    assert "\N{MINUS SIGN}0" in page.shown
    assert "Added: 2 of 2 rows" in page.shown


def test_a_capture_whose_file_is_gone_is_said_not_to_compare(project: Project) -> None:
    project.run("good", {"rows": "3"})
    run_id = project.run("good", {"rows": "5"}).run_id
    for path in (project.root / ".spine").rglob("*.parquet"):
        path.unlink()
    assert "cannot be compared" in Page(project.runs.report(run_id)).shown


def test_a_secret_of_the_configuration_is_masked(report: Callable[..., Page]) -> None:
    page = report("bare")
    assert "channels.hook.url" in page.shown
    assert "5ecret" not in page.shown


def test_a_run_that_made_nothing_has_a_report(report: Callable[..., Page]) -> None:
    page = report("bare")
    assert "The run captured nothing." in page.shown
    assert "Lineage" not in page.headings


def test_the_branches_are_in_the_chart_below_their_step(report: Callable[..., Page]) -> None:
    page = report("good")
    assert page.shown.index("both") < page.shown.index("good.both.left")


def test_what_it_was_made_with_is_listed(report: Callable[..., Page]) -> None:
    page = report("bare")
    assert "spine-core" in page.shown
    assert "spine-board" in page.shown


def test_the_runs_below_are_counted(report: Callable[..., Page], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine_board.run_view.MOST_ROWS", 1)
    page = report("good")
    assert "and 1 more" in page.shown


def test_a_large_capture_is_not_compared(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("spine_board.run_view._MOST_ROWS_COMPARED", 4)
    project.run("good", {"rows": "3"})
    page = Page(project.runs.report(project.run("good", {"rows": "5"}).run_id))
    assert "spine captures diff numbers" in page.shown


@pytest.mark.parametrize("workflow", ["good", "bad", "bare"])
def test_the_report_of_a_run_is_the_same_each_time(project: Project, workflow: str) -> None:
    run_id = project.run(workflow, {} if workflow == "bare" else {"rows": "2"}).run_id
    first, second = (project.runs.report(run_id).partition(b"<footer")[0] for _ in range(2))
    assert first == second
