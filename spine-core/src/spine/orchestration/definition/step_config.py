"""The options of a step of a plugin's type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from spine.core.errors import ConfigError
from spine.core.jsonvalue import to_json_value
from spine.plugins.catalog import current_catalog

# what these steps do is a function or a name, which Step.of() has no argument for
_FACTORIES = {
    "lambda": "Step.lambda_(name, handler)",
    "pipeline": "Step.pipeline(name, pipeline)",
    "choice": "Step.choice(name, condition, then_step)",
    "wait": "Step.wait(name, duration_seconds)",
    "map": "Step.map(name, items_path, iterator_workflow)",
    "parallel": "Step.parallel(name, branches)",
    "workflow": "Step.workflow(name, workflow)",
}


def checked_config(kind: str, name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """Return `config` as JSON values, with the defaults of the options that the type declares."""
    where = f"step {name!r} of type {kind!r}"
    if kind in _FACTORIES:
        raise ConfigError(f"{where}: build it with {_FACTORIES[kind]}")
    declared = current_catalog().load_config("step_type", kind)
    if declared is None:
        values: Mapping[str, Any] = config
    else:
        from spine.config.structure import structure  # cattrs, for a plugin's step only

        values = attrs.asdict(structure(config, declared, where), recurse=False)
    checked: dict[str, Any] = to_json_value(values, where)
    return checked
