"""Project that reports its runs to a receiver of the test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.http_peer import HttpPeer, http_peer
from tests.projects import Project

FLOWS = '''
import os
from pathlib import Path

from spine.framework.captures import capture, read_capture
from spine.framework.loads import load
from spine.framework.sources import source_registry
from spine.orchestration import Step, StepResult, Workflow, workflow_registry


def ingest(context, config):
    rows = source_registry.get("prices").fetch().data
    capture("prices", rows, partition={"day": context.params.get("day", "1")})
    return {"rows": len(rows)}


def summarize(context, config):
    rows = read_capture("prices", partition={"day": context.params.get("day", "1")}).data
    capture("totals", [{"rows": len(rows)}])
    load("side", "totals", [{"rows": len(rows)}])


def use(context, config):
    capture("uses", [{"n": read_capture("totals").data[0]["rows"]}])


def fail(context, config):
    raise ValueError(f"no room for {os.environ['TOKEN']}")


def gate(context, config):
    """Be killed the first time."""
    if not Path("killed").exists():
        Path("killed").touch()
        os.kill(os.getpid(), 9)
    return {}


INGEST = Step.lambda_("ingest", ingest)
workflow_registry.register(Workflow("daily", [INGEST, Step.lambda_("summarize", summarize)], domain="prices"))
workflow_registry.register(Workflow("use", [Step.lambda_("use", use)]))
workflow_registry.register(Workflow("broken", [INGEST, Step.lambda_("fail", fail)]))
workflow_registry.register(Workflow("killed", [INGEST, Step.lambda_("gate", gate)]))
workflow_registry.register(Workflow("parent", [Step.workflow("child", "daily")]))
workflow_registry.register(Workflow("waits", [Step.wait("rest", 3600)]))
'''

TOML = """
[spine]
name = "shop"
modules = ["flows"]

[databases.side]
type = "sqlite"
path = "side.db"

[sources.prices]
type = "file"
path = "prices.csv"

[channels.hook]
type = "webhook"
url = {{ env = "TOKEN_URL" }}
enabled = false

[listeners.lineage]
type = "openlineage"
{options}
"""


@pytest.fixture
def peer() -> Iterator[HttpPeer]:
    with http_peer() as found:
        yield found


@pytest.fixture
def shop(tmp_path: Path, peer: HttpPeer) -> Project:
    return make_shop(tmp_path / "shop", f'url = "{peer.url}"')


def make_shop(root: Path, options: str) -> Project:
    project = Project(root)
    project.write("flows.py", FLOWS)
    project.write("prices.csv", "symbol,price\nNA,1\nQQ,2\n")
    project.write("spine.toml", TOML.format(options=options))
    return project
