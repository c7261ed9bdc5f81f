"""Declared parameters of a workflow: names, types, and checks of a run's values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from inspect import Parameter, signature
from typing import Any

from spine.core.errors import BadParamsError
from spine.core.jsonvalue import to_json_value
from spine.core.suggest import did_you_mean
from spine.framework.params import ParamDef, PipelineSpec
from spine.orchestration.definition.references import reference_to, resolve_reference

Declared = PipelineSpec | Mapping[str, ParamDef] | Iterable[ParamDef]

_TYPES: dict[str, type[Any]] = {kind.__name__: kind for kind in (str, bool, int, float, list, dict)}


def spec_of(given: Declared | None) -> PipelineSpec | None:
    """Return the declaration as a PipelineSpec; a list or a dict of ParamDefs is converted."""
    if given is None or isinstance(given, PipelineSpec):
        return given
    definitions = list(given.values() if isinstance(given, Mapping) else given)
    if wrong := next((item for item in definitions if not isinstance(item, ParamDef)), None):
        raise TypeError(f"params take a PipelineSpec or ParamDefs, not {type(wrong).__name__}")
    required = {item.name: item for item in definitions if item.required and item.default is None}
    optional = {item.name: item for item in definitions if item.name not in required}
    return PipelineSpec(required, optional)


def takes_tick(resolver: Callable[..., Any]) -> bool:
    """Return True if a `resolve_params` has a second parameter for the tick: one called so, or without a default."""
    kinds = (Parameter.POSITIONAL_ONLY, Parameter.POSITIONAL_OR_KEYWORD)
    second = [item for item in signature(resolver).parameters.values() if item.kind in kinds][1:2]
    return any(item.name == "tick" or item.default is Parameter.empty for item in second)


def read_params(spec: PipelineSpec, given: Mapping[str, Any], where: str) -> dict[str, Any]:
    """Return `given` over the defaults, texts parsed as the declared types; BadParamsError for an unknown parameter."""
    unknown = [name for name in given if name not in spec.params]
    if unknown:
        hint = did_you_mean(unknown[0], spec.params) or "; it has none"
        raise BadParamsError(f"{where}: unknown parameter {unknown[0]!r}{hint}", invalid_params=unknown)
    read = {name: spec.params[name].read(value) for name, value in given.items()}
    return spec.with_defaults(read)


def check_params(spec: PipelineSpec, params: Mapping[str, Any], where: str) -> None:
    """Raise BadParamsError with one sentence for all missing or invalid parameters."""
    declared = {name: spec.params[name].read(value) for name, value in params.items() if name in spec.params}
    spec.check(declared, where)


def described(spec: PipelineSpec) -> list[dict[str, Any]]:
    """Return the declared parameters as JSON values; a validator appears as `module:name`."""
    return [
        {
            "name": name,
            "type": _type_text(item.type),
            "required": name in spec.required_params,
            "description": item.description,
            "default": to_json_value(item.default, f"the default of parameter {name!r}"),
            "validator": reference_to(item.validator),
        }
        for name, item in spec.params.items()
    ]


def spec_from(descriptions: Iterable[Mapping[str, Any]]) -> PipelineSpec:
    """Return the declaration from its `described` form, importing the functions and classes that it names."""
    return (
        spec_of(
            ParamDef(
                item["name"],
                _TYPES.get(item["type"]) or resolve_reference(item["type"]),  # type: ignore[arg-type]  # a class
                item["description"],
                item["required"],
                item["default"],
                resolve_reference(item["validator"]) if item["validator"] else None,
            )
            for item in descriptions
        )
        or PipelineSpec()
    )


def _type_text(kind: Any) -> str:
    if kind in _TYPES.values():
        return str(kind.__name__)
    return f"{kind.__module__}:{kind.__qualname__}" if isinstance(kind, type) else str(kind)
