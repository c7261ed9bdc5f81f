"""docs/how-to/metrics.md, deploy/grafana and deploy/prometheus name only metrics and labels that exist."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from spine.app.metrics import read_families
from spine.cli.main import COMMANDS
from spine.core.scope import Scope, use_scope
from spine.project import open_project
from spine.storage.metrics.family import Family
from spine.storage.metrics.reading import MOST_NAMES
from tests.docs.pages import blocks
from tests.projects import Project, environ_with_programs
from tests.prometheus import names_of

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "how-to" / "metrics.md").read_text()
DASHBOARD: dict[str, Any] = json.loads((ROOT / "deploy" / "grafana" / "spine.json").read_text())
RULES = [
    rule
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "spine-alerts.yml").read_text())["groups"]
    for rule in group["rules"]
]
PANELS = {panel["title"]: panel for panel in DASHBOARD["panels"]}
EXPRESSIONS = {
    **{f"{title} {target['refId']}": target["expr"] for title, panel in PANELS.items() for target in panel["targets"]},
    **{
        variable["name"]: variable["definition"]
        for variable in DASHBOARD["templating"]["list"]
        if "query" in variable["type"]
    },
    **{rule["alert"]: rule["expr"] for rule in RULES},
}
NAME = re.compile(r"\bspine_\w+")
SELECTOR = re.compile(r"\b(spine_\w+)\{([^}]*)\}")
OF_PROMETHEUS = {"le", "file", "project"}
PARTS = {"counter": ("",), "gauge": ("",), "histogram": ("_bucket", "_sum", "_count")}

FLOWS = """
from spine import Step, Workflow, capture, source, workflow_registry

def load(context, config):
    return {"rows": capture("prices", source("prices.file").fetch().data).row_count}

workflow_registry.register(Workflow("daily", [Step.lambda_("load", load)]))
"""
SETTINGS = """
[spine]
name = "prices"
modules = ["flows"]

[sources."prices.file"]
type = "file"
path = "prices.csv"

[channels.terminal]
type = "console"

[schedules.often]
workflow = "daily"
every = "1h"
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that has something of each subject."""
    made = Project(tmp_path_factory.mktemp("prices"))
    made.write("spine.toml", SETTINGS)
    made.write("flows.py", FLOWS)
    made.write("prices.csv", "symbol,price\nACME,10.25\n")
    assert made.run("-q", "run", "daily").code == 0
    assert made.run("schedules", "list").code == 0
    assert made.run("alerts", "channels").code == 0
    return made


@pytest.fixture(scope="module")
def families(project: Project) -> Iterator[dict[str, Family]]:
    with use_scope(Scope()), open_project(project.root, with_modules=False) as opened:
        yield {family.name: family for family in read_families(opened.application)}


def rows() -> dict[str, tuple[str, set[str]]]:
    """Return the type and the labels of each metric of the page's table."""
    found = re.findall(r"^\| `(spine_\w+)` \| (\w+) \|([^|]*)\|", PAGE, re.MULTILINE)
    return {name: (kind, set(re.findall(r"`(\w+)`", labels))) for name, kind, labels in found}


@pytest.mark.slow
def test_the_page_lists_every_metric_with_its_type(families: dict[str, Family]) -> None:
    assert {name: kind for name, (kind, _) in rows().items()} == {name: each.kind for name, each in families.items()}


@pytest.mark.slow
def test_the_page_lists_the_labels_of_each_metric(families: dict[str, Family]) -> None:
    shown = {name: family for name, family in families.items() if family.samples}
    assert len(shown) >= len(families) - 2  # no scheduler lives, and no label is cut
    for name, family in shown.items():
        labels = {label for sample in family.samples for label in sample.labels}
        assert labels - {"le", "project"} == rows()[name][1], name


@pytest.mark.parametrize("title", EXPRESSIONS)
def test_an_expression_names_metrics_and_labels_that_exist(title: str) -> None:
    expression = EXPRESSIONS[title]
    series = {f"{name}{part}": labels for name, (kind, labels) in rows().items() for part in PARTS[kind]}
    used = NAME.findall(expression)
    assert used or "node_textfile_mtime_seconds" in expression
    assert set(used) <= set(series)
    for name, selector in SELECTOR.findall(expression):
        assert set(re.findall(r"(\w+)(?:=|!)", selector)) - OF_PROMETHEUS <= series[name]
    kept = {label for group in re.findall(r"\b(?:by|on) \(([^)]*)\)", expression) for label in group.split(", ")}
    assert kept - OF_PROMETHEUS <= {label for name in used for label in series[name]}


def test_every_metric_but_those_about_the_metrics_is_drawn_or_calls_somebody() -> None:
    used = {name for expression in EXPRESSIONS.values() for name in NAME.findall(expression)}
    bare = {re.sub(r"_(bucket|sum|count)$", "", name) for name in used}
    aside = {
        "spine_metrics_cut",
        "spine_metrics_since_timestamp_seconds",
        "spine_scheduler_last_beat_timestamp_seconds",
    }
    aside |= {"spine_schedule_next_tick_timestamp_seconds", "spine_source_last_fetch_timestamp_seconds"}
    assert set(rows()) - bare == aside


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_a_rule_says_what_is_and_what_to_type(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert set(rule["annotations"]) == {"summary", "action"}
    assert rule["labels"]["severity"] in ("warning", "critical")
    typed = re.search(r"\bspine ([a-z]+)", rule["annotations"]["action"])
    assert typed is None or typed[1] in COMMANDS
    labels = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
    assert all(re.search(rf"by \([^)]*\b{label}\b", rule["expr"]) or label == "file" for label in labels)


def test_panels_have_places_of_their_own_and_say_what_they_show() -> None:
    taken: set[tuple[int, int]] = set()
    for title, panel in PANELS.items():
        place = panel["gridPos"]
        cells = {
            (x, y)
            for x in range(place["x"], place["x"] + place["w"])
            for y in range(place["y"], place["y"] + place["h"])
        }
        assert not cells & taken, title
        assert max(x for x, _ in cells) < 24
        assert panel["description"], title
        taken |= cells
    assert len({panel["id"] for panel in DASHBOARD["panels"]}) == len(PANELS) == len(DASHBOARD["panels"])


def test_the_page_shows_the_beginning_of_what_is_printed(project: Project) -> None:
    [shown] = blocks(PAGE, "console")
    command, *lines = shown.splitlines()
    assert lines.pop() == "..."
    assert project.run(*command.removeprefix("$ spine ").split()).out.splitlines()[: len(lines)] == lines


def test_the_line_for_cron_replaces_the_file(project: Project, tmp_path: Path) -> None:
    [line] = blocks(PAGE, "text")
    command = line.split(None, 5)[5].replace("/srv/prices", str(project.root)).replace(".venv/bin/spine", "spine")
    (tmp_path / "textfile").mkdir()
    command = command.replace("/var/lib/node_exporter", str(tmp_path))
    subprocess.run(command, shell=True, check=True, env=environ_with_programs())
    assert "spine_info" in names_of((tmp_path / "textfile" / "spine.prom").read_text())


def test_the_snippets_of_the_page_work(project: Project) -> None:
    [snippet] = blocks(PAGE, "python")
    subprocess.run([sys.executable, "-c", snippet], cwd=project.root, env=environ_with_programs(), check=True)
    [configuration] = blocks(PAGE, "yaml")
    scrape = yaml.safe_load(configuration)
    assert [name for name in scrape["rule_files"] if not (ROOT / "deploy" / "prometheus" / name).is_file()] == []
    [command] = blocks(PAGE, "bash")
    assert scrape["scrape_configs"][0]["static_configs"][0]["targets"][0] == command.split()[-1]
    assert f"at most {MOST_NAMES} values" in PAGE
