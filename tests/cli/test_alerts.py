"""`spine alerts`: what was told, to whom, and what is still to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.projects import Project

SETTINGS = """
[spine]
modules = ["flows"]
[channels.ops]
type = "console"
domains = ["finra.*"]
[channels.hook]
type = "webhook"
url = "http://127.0.0.1:9/canary-secret"
deadline_seconds = 5
min_severity = "CRITICAL"
"""

FLOWS = """
import os
from pathlib import Path
from spine.orchestration import Step, Workflow, workflow_registry

def load(ctx, config):
    if (Path(__file__).parent / "broken").exists():
        raise ValueError("the file is not there")

workflow_registry.register(Workflow("load", [Step.lambda_("load", load)], domain="finra.otc"))
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    found = Project(tmp_path)
    found.write("spine.toml", SETTINGS)
    found.write("flows.py", FLOWS)
    return found


def test_a_failed_run_raises_an_alert_that_the_next_good_one_resolves(project: Project) -> None:
    broken = project.write("broken", "")
    failed = project.call("run", "load")
    assert "load failed" in failed.err
    [alert] = project.call("alerts", "list", "--json").json
    assert (alert["severity"], alert["domain"], alert["error_category"]) == ("ERROR", "finra.otc", "VALIDATION")
    shown = project.call("alerts", "show", "latest", "--json").json
    assert [(item["channel_name"], item["status"]) for item in shown["deliveries"]] == [("ops", "SENT")]
    broken.unlink()
    good = project.call("run", "load")
    assert "resolved" in good.err.lower()
    shown = project.call("alerts", "show", alert["id"][:20], "--json").json
    assert [(item["status"], item["resolves"]) for item in shown["deliveries"]] == [("SENT", False), ("SENT", True)]
    assert project.call("run", "load").err.count("resolved") == 0


def test_a_channel_that_cannot_be_reached_is_tested_retried_and_its_health_kept(project: Project) -> None:
    outcome = project.call("alerts", "test", "hook", "--json")
    assert (outcome.code, outcome.json[0]["sent"]) == (1, False)
    assert "canary-secret" not in outcome.out + outcome.err
    health = {row["name"]: row["consecutive_failures"] for row in project.call("alerts", "channels", "--json").json}
    assert health == {"hook": 1, "ops": 0}
    [delivery] = project.call("alerts", "history", "--json").json
    assert (delivery["status"], delivery["attempt"]) == ("PENDING", 1)
    assert project.call("alerts", "flush").code == 1
    assert project.call("alerts", "history", "--json").json[0]["attempt"] == 2
    for words in (("alerts", "list"), ("alerts", "channels"), ("alerts", "history"), ("alerts", "show", "latest")):
        assert "canary-secret" not in project.call(*words, "--json").out


def test_a_route_is_explained_and_nothing_is_sent(project: Project) -> None:
    words = ("alerts", "route", "--severity", "ERROR", "--domain", "finra.otc")
    found = {row["channel"]: (row["takes"], row["why"]) for row in project.call(*words, "--json").json}
    assert found == {
        "ops": (True, "severity and domain fit"),
        "hook": (False, "it takes CRITICAL and worse, not ERROR"),
    }
    assert "hook" not in project.call(*words).out
    assert "hook" in project.call(*words, "--explain").out
    assert project.call("alerts", "list", "--json").json == []


def test_a_silence_needs_an_end_and_keeps_quiet(project: Project) -> None:
    assert project.call("alerts", "silence", "--match", "domain=finra.*").code == 2
    assert "is not 30m, 2h, 3d" in project.call("alerts", "silence", "--match", "domain=x", "--until", "soon").err
    assert "none of severity" in project.call("alerts", "silence", "--match", "colour=x", "--until", "2h").err
    assert project.call("alerts", "silence", "--match", "domain=finra.*", "--until", "2h").code == 0
    project.write("broken", "")
    assert "load failed" not in project.call("run", "load").err
    shown = project.call("alerts", "show", "latest", "--json").json
    assert [item["status"] for item in shown["deliveries"]] == ["SILENCED"]


def test_an_alert_is_acknowledged_and_resolved_by_hand(project: Project) -> None:
    project.write("broken", "")
    project.call("run", "load")
    assert project.call("alerts", "ack", "latest").code == 0
    outcome = project.call("alerts", "resolve", "latest", "--json")
    assert [(row["channel"], row["sent"]) for row in outcome.json] == [("ops", True)]
    assert project.call("alerts", "resolve", "latest", "--json").json == []


def test_an_unknown_alert_is_named(project: Project) -> None:
    outcome = project.call("alerts", "show", "zz")
    assert (outcome.code, outcome.sentence) == (2, "there is no alert 'zz': list them with spine alerts list")
