"""Steps of plugin types: their options, checked against the class that the plugin declares."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import attrs

from spine.core.jsonvalue import to_json_value
from spine.orchestration.definition.spec import PlainSpec, StepSpec
from spine.plugins.catalog import current_catalog


def spec_and_config(kind: str, name: str, given: Mapping[str, Any]) -> tuple[StepSpec, dict[str, Any]]:
    """Return the spec of a step and its config, made of the given options.

    A declared class derived from StepSpec is the spec itself, and may hold functions and targets; the options of any
    other class, with their defaults, are the config. Raises ConfigError for an unknown option.
    """
    where = f"step {name!r} of type {kind!r}"
    declared = current_catalog().load_config("step_type", kind)
    if declared is None:
        return PlainSpec(), to_json_value(given, where)
    if issubclass(declared, StepSpec):
        from spine.config.structure import check_keys, field_names

        check_keys(given, field_names(declared), where)
        return declared(**given), {}
    from spine.config.structure import structure  # cattrs, for a plugin's step only

    values = attrs.asdict(structure(given, declared, where), recurse=False)
    return PlainSpec(), to_json_value(values, where)
