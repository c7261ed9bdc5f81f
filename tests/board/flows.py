"""Workflows of the board's tests."""

from __future__ import annotations

import logging

from spine.framework.captures import capture
from spine.orchestration import Step, Workflow, workflow_registry

logger = logging.getLogger("flows")


def load(context, config):
    logger.info("loading %s", context.params.get("day"))
    kept = capture("numbers", [{"n": 1}, {"n": 2}])
    return {"rows": kept.row_count}


def fail(context, config):
    logger.warning("about to fail")
    raise ValueError("no file for <script>alert(1)</script>")


def double(item):
    if item == 3:
        raise ValueError("three is not possible")
    return {"twice": 2 * item}


def listed(context, config):
    return {"numbers": list(range(int(context.params["count"])))}


workflow_registry.register(Workflow("good", [Step.lambda_("load", load)], defaults={"day": "2026-01-05"}))
workflow_registry.register(
    Workflow("bad", [Step.lambda_("load", load), Step.lambda_("explode", fail), Step.lambda_("after", load)])
)
