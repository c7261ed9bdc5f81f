"""docs/how-to/traces.md: its project sends the spans that it shows, and its warning is the one that comes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.pages import all_blocks
from tests.observe_otel.otlp_peer import ReceivedSpan, otlp_peer
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "how-to" / "traces.md").read_text()
RECEIVER = "http://localhost:4318"


def blocks(language: str) -> list[str]:
    return [block.text for block in all_blocks(PAGE) if block.language == language]


def make_project(folder: Path, receiver: str) -> Project:
    project, texts = Project(folder), blocks("text")
    project.write("spine.toml", blocks("toml")[0].replace(RECEIVER, receiver))
    project.write("flows.py", blocks("python")[0])
    project.write("feed.csv", texts[0])
    return project


def tree(spans: list[ReceivedSpan], parent: str = "", indent: str = "") -> Iterator[str]:
    for span in [span for span in spans if span.parent_id == parent]:
        yield f"{indent}{span.name}"
        yield from tree(spans, span.span_id, f"{indent}  ")


@pytest.mark.slow
def test_the_run_of_the_page_is_the_tree_that_it_shows(tmp_path: Path) -> None:
    with otlp_peer() as otlp:
        project = make_project(tmp_path, otlp.peer.url)
        assert "$ spine -q run daily\n" in PAGE
        assert project.run("-q", "run", "daily").code == 0
        assert list(tree(otlp.spans())) == blocks("text")[1].splitlines()


@pytest.mark.slow
def test_the_warning_of_the_page_is_that_of_a_receiver_that_is_gone(tmp_path: Path) -> None:
    with otlp_peer() as otlp:
        gone = otlp.peer.url
    done = make_project(tmp_path, gone).run("-q", "run", "daily")
    assert blocks("text")[2].strip() in done.err.replace(gone, RECEIVER)


def test_the_page_names_each_limit_as_it_is() -> None:
    from spine_observe_otel import listener, writer

    assert f"up to {listener._MOST_ITEMS:,} items" in PAGE
    assert listener._LONGEST_BATCH.total_seconds() == 60
    assert re.search(r"three seconds at most", PAGE)
    assert writer.FLUSH_SECONDS == 3
