"""The workflow of a fleet: five steps, each of which captures, and returns a token of its own and those it saw.

A finished step that ran again shows: a later step has seen another token than the one that is recorded.
"""

from __future__ import annotations

import time
import uuid
from random import SystemRandom
from typing import Any

from spine import Step, Workflow, capture, workflow_registry

NAMES = ("first", "second", "third", "fourth", "fifth")


def work(context: Any, config: Any) -> dict[str, Any]:
    time.sleep(SystemRandom().uniform(0.02, 0.2))
    token = uuid.uuid4().hex
    capture("fleet.tokens", [{"token": token}], partition={"run": context.run_id, "step": config["step"]})
    return {"token": token, "seen": {name: output["token"] for name, output in context.outputs.items()}}


workflow_registry.register(Workflow("fleet", [Step.lambda_(name, work, config={"step": name}) for name in NAMES]))
