"""JSON Schema of `spine.toml`, from the classes that check it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from enum import Enum
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

import attrs

from spine.config.settings import PluginOptions, Settings
from spine.core.secrets import Secret
from spine.plugins.catalog import Catalog
from spine.plugins.descriptors import SECTIONS
from spine.plugins.errors import PluginError
from spine.plugins.options import default_of, option_fields

Schema = dict[str, Any]

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_TYPES: dict[Any, str] = {
    str: "string",
    Path: "string",
    Secret: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
}
_DURATION: Schema = {"type": "string", "pattern": r"^\s*(\d+w)?(\d+d)?(\d+h)?(\d+m)?(\d+s)?(\d+ms)?\s*$"}
_REFERENCE: Schema = {
    "description": "Reference to an environment variable or a file.",
    "type": "object",
    "properties": {"env": {"type": "string"}, "default": {"type": "string"}, "file": {"type": "string"}},
    "additionalProperties": False,
    "oneOf": [{"required": ["env"]}, {"required": ["file"]}],
}
_TO_REFERENCE: Schema = {"$ref": "#/$defs/reference"}


def settings_schema(catalog: Catalog, schedule: type[Any], calculated: Iterable[str]) -> Schema:
    """Return the schema of `spine.toml` for the plugins of `catalog`.

    `schedule` is the class of a schedule; its fields in `calculated` are no keys.
    """
    properties: dict[str, Any] = {}
    hints = get_type_hints(Settings)
    for section in attrs.fields(Settings):
        kind = hints[section.name]
        if section.name in SECTIONS:
            properties[section.name] = _named(_plugin_tables(catalog, SECTIONS[section.name].kind))
        elif isinstance(kind, type) and attrs.has(kind):
            properties[section.name] = class_schema(kind, attrs.fields_dict(kind))
        elif (table := _class_of_tables(kind)) is not None:
            properties[section.name] = _named(class_schema(table, attrs.fields_dict(table)))
    fields = {field.name: field for field in attrs.fields(schedule) if field.name not in calculated}
    properties["schedules"] = _named(class_schema(schedule, fields))
    return {
        "$schema": _DIALECT,
        "title": "spine.toml",
        "description": "Settings of a Spine project.",
        "type": "object",
        "properties": properties,
        "additionalProperties": False,
        "$defs": {"reference": _REFERENCE},
    }


def class_schema(cls: type[Any], fields: Mapping[str, attrs.Attribute[Any]], **more: Schema) -> Schema:
    """Return the schema of a table whose keys are `fields` of an attrs class, and the keys of `more`."""
    hints = _hints(cls)
    properties = {name: _field_schema(field, hints.get(name, Any)) for name, field in fields.items()}
    required = [name for name, field in fields.items() if field.default is attrs.NOTHING]
    return {
        "description": (cls.__doc__ or cls.__name__).strip().splitlines()[0].replace("`", ""),
        "type": "object",
        "properties": more | properties,
        **({"required": required} if required else {}),
        "additionalProperties": False,
    }


def _plugin_tables(catalog: Catalog, kind: str) -> Schema:
    """Return the schema of one table of a plugin: its type decides on its other keys."""
    known = catalog.descriptors(kind)
    cases = [case for descriptor in known if (case := _case(catalog, kind, descriptor.name)) is not None]
    return {
        "type": "object",
        "properties": {"type": {"type": "string", "examples": [descriptor.name for descriptor in known]}},
        "required": ["type"],
        **({"allOf": cases} if cases else {}),
    }


def _case(catalog: Catalog, kind: str, name: str) -> Schema | None:
    try:
        config = catalog.load_config(kind, name)
    except PluginError:  # a broken plugin leaves its options unchecked
        return None
    if config is None:
        return None
    return {
        "if": {"properties": {"type": {"const": name}}, "required": ["type"]},
        "then": class_schema(config, option_fields(kind, config), type={"const": name}),
    }


def _class_of_tables(kind: Any) -> type[Any] | None:
    """Return the class of the tables of a section such as `[contracts.NAME]`, None for any other section."""
    found = get_args(kind)[-1] if get_origin(kind) is Mapping else None
    return found if isinstance(found, type) and attrs.has(found) and found is not PluginOptions else None


def _named(table: Schema) -> Schema:
    return {"type": "object", "additionalProperties": table}


def _field_schema(field: attrs.Attribute[Any], hint: Any) -> Schema:
    found = _or_reference(_type_schema(hint))
    if text := field.metadata.get("help"):
        found["description"] = text
    default = default_of(field)
    if isinstance(default, (str, int, float, list, dict)):
        found["default"] = default
    return found


def _or_reference(schema: Schema) -> Schema:
    """Allow a reference beside a value; a table may hold references inside."""
    if not schema or schema.get("type") == "object":
        return schema
    options = schema["anyOf"] if set(schema) == {"anyOf"} else [schema]
    return {"anyOf": [*options, _TO_REFERENCE]}


def _type_schema(hint: Any) -> Schema:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        is_length = isinstance(hint.__metadata__[0], timedelta)
        return {"anyOf": [{"type": "number"}, _DURATION]} if is_length else _type_schema(arguments[0])
    if origin in (Union, UnionType):
        return _any_of([_type_schema(each) for each in arguments if each is not NoneType])
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"type": "object", "additionalProperties": _type_schema(arguments[1])}
    if isinstance(origin, type) and issubclass(origin, Iterable):
        return {"type": "array", "items": _type_schema(arguments[0])}
    if hint in _TYPES:
        return {"type": _TYPES[hint]}
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if isinstance(hint, type) and attrs.has(hint):
        return class_schema(hint, attrs.fields_dict(hint))
    return {}


def _any_of(schemas: list[Schema]) -> Schema:
    if len(schemas) == 1:
        return schemas[0]
    if {} in schemas:  # any value
        return {}
    return {"anyOf": [option for schema in schemas for option in schema.get("anyOf", [schema])]}


def _hints(cls: type[Any]) -> dict[str, Any]:
    try:
        return get_type_hints(cls, include_extras=True)
    except (NameError, TypeError):  # a name that only a type checker imports
        return {}
