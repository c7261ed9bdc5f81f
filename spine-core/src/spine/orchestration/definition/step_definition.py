"""Steps from their definitions: the other way of `Step.to_dict`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from spine.orchestration.definition.references import resolve_reference
from spine.orchestration.definition.retry import RetryPolicy
from spine.orchestration.definition.step import Step, step_type
from spine.orchestration.definition.workflow import Workflow
from spine.orchestration.steptypes.map_items import CaptureItems

_FUNCTIONS = ("handler", "condition", "when", "item_function")


def step_of(definition: Mapping[str, Any]) -> Step:
    """Return the step, importing the functions that its definition names."""
    values = dict(definition)
    values["step_type"] = step_type(values.pop("type"))
    if policy := values.get("retry_policy"):
        values["retry_policy"] = RetryPolicy(**policy)
    for name in _FUNCTIONS:
        if values.get(name):
            values[name] = resolve_reference(values[name])
    for name in ("until", "items_path"):
        values[name] = _plain_or_function(values.get(name))
    if isinstance(workflow := values.get("iterator_workflow"), Mapping):
        values["iterator_workflow"] = Workflow.from_dict(workflow)
    if branches := values.get("parallel_steps"):
        values["parallel_steps"] = {name: [step_of(inner) for inner in steps] for name, steps in branches.items()}
    return Step(**values)


def _plain_or_function(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    if "capture" in value:
        return CaptureItems(**value["capture"])
    return resolve_reference(value["function"])
