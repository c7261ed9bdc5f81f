"""The options of a descriptor, read from its attrs config class."""

from __future__ import annotations

from enum import Enum
from typing import Any, get_args, get_type_hints

import attrs

from spine.plugins.catalog import load_config_class
from spine.plugins.descriptors import KINDS, Descriptor
from spine.plugins.errors import PluginBrokenError
from spine.plugins.manager import describe


def option_fields(kind: str, config: type[Any]) -> dict[str, attrs.Attribute[Any]]:
    """Return the fields of a config class that are options: all but those that Spine passes, such as the name."""
    given = KINDS[kind].given_arguments
    return {field.name: field for field in attrs.fields(config) if field.name not in given}


def default_of(field: attrs.Attribute[Any]) -> Any:
    """Return the default of an option as it would be written; None for one that is required or calculated."""
    default: Any = None if field.default is attrs.NOTHING else field.default
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # attrs types its class as a function
        default = None if default.takes_self else default.factory()
    if isinstance(default, tuple):
        return list(default)
    return default.value if isinstance(default, Enum) else default


def describe_options(descriptor: Descriptor) -> list[dict[str, Any]]:
    """Return option, type, default, required and help for each field, in the class's order.

    The options of a table follow it, as `pagination.type`.

    Raises PluginBrokenError if the config class cannot be imported.
    """
    if descriptor.config is None:
        return []
    try:
        config = load_config_class(descriptor.config)
    except KeyboardInterrupt:
        raise
    except BaseException as error:
        raise PluginBrokenError(
            f"the options of {descriptor.kind} {descriptor.name!r} cannot be read from {descriptor.config}: "
            f"{describe(error)}"
        ) from error
    rows: list[dict[str, Any]] = []
    for field in option_fields(descriptor.kind, config).values():
        rows.append(_row(field))
        table = _table_of(config, field.name)
        inner = () if table is None else attrs.fields(table)
        rows += [{**_row(each), "option": f"{field.name}.{each.name}", "required": False} for each in inner]
    return rows


def _row(field: attrs.Attribute[Any]) -> dict[str, Any]:
    return {
        "option": field.name,
        "type": _type_name(field.type),
        "default": None if field.default is attrs.NOTHING else _plain(field.default),
        "required": field.default is attrs.NOTHING,
        "help": field.metadata.get("help", ""),
    }


def _table_of(config: type[Any], name: str) -> type[Any] | None:
    """Return the class of an option that is a table of options itself, None for any other."""
    try:
        hint = get_type_hints(config).get(name)
    except (NameError, TypeError):  # a name that only a type checker imports
        return None
    return next((kind for kind in (hint, *get_args(hint)) if isinstance(kind, type) and attrs.has(kind)), None)


def _type_name(annotation: Any) -> str:
    text = annotation if isinstance(annotation, str) else getattr(annotation, "__name__", str(annotation))
    return str(text).replace("typing.", "")


def _plain(default: Any) -> Any:
    if isinstance(default, attrs.Factory):  # type: ignore[arg-type]  # attrs types its class as a function
        return [] if default.factory in (list, tuple) else {} if default.factory is dict else "..."
    if isinstance(default, Enum):
        return default.value
    if isinstance(default, tuple):
        return list(default)
    return default if isinstance(default, (str, int, float, bool, type(None))) else str(default)
