"""Project that writes its spans to a receiver of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.observe_otel.otlp_peer import OtlpPeer, otlp_peer
from tests.projects import Project

FLOWS = '''
import os
from pathlib import Path

from spine.framework.sources import source_registry
from spine.orchestration import Step, StepResult, Workflow, workflow_registry


def fetch(context, config):
    return {"rows": len(source_registry.get("prices").fetch().data)}


def fail(context, config):
    raise ValueError(f"no room for {os.environ['TOKEN']}")


def numbers(context):
    return list(range(int(context.params["count"])))


def square(context, item):
    if item == 3:
        raise ValueError("three")
    return item * item


def fetch_item(context, item):
    return len(source_registry.get("prices").fetch().data)


def gate(context, config):
    """Be killed the first time."""
    if not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), 9)
    return {"ok": True}


def twice(context, config):
    if not Path("failed").exists():
        Path("failed").touch()
        raise ValueError("the first time")
    return {}


workflow_registry.register(Workflow("daily", [
    Step.lambda_("fetch", fetch),
    Step.lambda_("check", lambda context, config: {"ok": True}),
], domain="prices"))
workflow_registry.register(Workflow("broken", [Step.lambda_("fail", fail)]))
workflow_registry.register(Workflow("squares", [
    Step.map("square", numbers, function=square, tolerated_failures=1),
]))
workflow_registry.register(Workflow("elsewhere", [
    Step.map("each", numbers, function=fetch_item, executor="processes", max_concurrency=2),
]))
workflow_registry.register(Workflow("killed", [
    Step.lambda_("before", lambda context, config: {}),
    Step.lambda_("gate", gate),
    Step.lambda_("after", lambda context, config: {}),
]))
workflow_registry.register(Workflow("again", [Step.lambda_("twice", twice)]))
workflow_registry.register(Workflow("parent", [Step.workflow("child", "daily")]))
'''

TOML = """
[spine]
name = "shop"
modules = ["flows"]

[sources.prices]
type = "file"
path = "prices.csv"

[channels.hook]
type = "webhook"
url = {{ env = "TOKEN_URL" }}
enabled = false

[listeners.traces]
type = "otel"
endpoint = "{endpoint}"
"""


@pytest.fixture
def otlp() -> Iterator[OtlpPeer]:
    with otlp_peer() as peer:
        yield peer


@pytest.fixture
def shop(tmp_path: Path, otlp: OtlpPeer) -> Project:
    return make_shop(tmp_path / "shop", otlp.url)


def make_shop(root: Path, endpoint: str) -> Project:
    project = Project(root)
    project.write("flows.py", FLOWS)
    project.write("prices.csv", "symbol,price\nNA,1\nQQ,2\n")
    project.write("spine.toml", TOML.format(endpoint=endpoint))
    return project
