"""Workflows of the board's tests."""

from __future__ import annotations

import logging
import time
from pathlib import Path

from spine.framework.captures import capture
from spine.orchestration import Daily, Step, Workflow, workflow_registry

logger = logging.getLogger("flows")
HOSTILE = "<script>alert(1)</script> \u202egnp.exe \x1b[31mred\x1b[0m \"'&"


def load(context, config):
    logger.info("loading %s", context.params.get("day"))
    kept = capture("numbers", [{"n": 1}, {"n": 2}])
    return {"rows": kept.row_count}


def fail(context, config):
    logger.warning("about to fail: %s", HOSTILE)
    if Path("repaired").exists():
        return {}
    raise ValueError(f"no file for {HOSTILE}")


def numbers(context, config):
    return {"numbers": list(range(int(context.params["count"])))}


def double(context, item):
    if item == 3:
        raise ValueError("three is not possible")
    return {"twice": 2 * item}


def wait(context, config):
    Path("begun").touch()
    ends_at = time.monotonic() + 120  # a test that fails does not hang
    while not Path("released").exists() and time.monotonic() < ends_at:
        time.sleep(0.01)


register = workflow_registry.register
register(Workflow("good", [Step.lambda_("load", load)], defaults={"day": "2026-01-05"}, description="Numbers of a day"))
register(Workflow("bad", [Step.lambda_("load", load), Step.lambda_("explode", fail), Step.lambda_("after", load)]))
register(
    Workflow(
        "each",
        [Step.lambda_("list", numbers), Step.map("double", "list.numbers", function=double, tolerated_failures="2%")],
        defaults={"count": "120"},
    )
)
register(Workflow("held", [Step.lambda_("wait", wait), Step.lambda_("after", load)]))
register(Workflow("daily", [Step.lambda_("load", load)], defaults={}, partitions=Daily("day", start="2026-01-01")))
