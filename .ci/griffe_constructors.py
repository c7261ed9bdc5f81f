"""Extension of griffe: the signature of each class's constructor, and the members of each enum, in the reference.

griffe reads the source, where the constructor of an attrs class is not written: here the class itself is asked.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from enum import Enum
from importlib import import_module
from typing import Any, is_typeddict

import attrs
from griffe import Class, Docstring, Extension

_WIDEST = 88


class Constructors(Extension):
    """Adds a code block to the description of each public class."""

    def on_class(self, *, cls: Class, **_: Any) -> None:
        """Add the members of an enum, or the constructor of another class."""
        if cls.docstring is None or cls.name.startswith("_"):
            return
        found = getattr(import_module(cls.module.path), cls.name, None)
        block = described(found) if inspect.isclass(found) else ""
        if block:
            cls.docstring = Docstring(f"{cls.docstring.value}\n\n```python\n{block}\n```", parent=cls)


def described(cls: type[Any]) -> str:
    """Return the members of an enum, or a call of the constructor; nothing for a class that is not called."""
    if issubclass(cls, Enum):
        return "\n".join(f"{cls.__name__}.{name} = {member.value!r}" for name, member in cls.__members__.items())
    if is_typeddict(cls):
        arguments = [f"{name}: {_written(annotation)}" for name, annotation in cls.__annotations__.items()]
    elif getattr(cls, "_is_protocol", False) or cls.__init__ is object.__init__:
        return ""
    else:
        arguments = list(_arguments(cls))
    one_line = f"{cls.__name__}({', '.join(arguments)})"
    if len(one_line) <= _WIDEST:
        return one_line
    return "\n".join([f"{cls.__name__}(", *(f"    {each}," for each in arguments), ")"])


def _arguments(cls: type[Any]) -> Iterator[str]:
    """Yield the arguments as they are written in a `def`, without `self`."""
    parameters = [each for each in inspect.signature(cls.__init__).parameters.values() if each.name != "self"]
    fields = {field.alias: field.type for field in attrs.fields(cls)} if attrs.has(cls) else {}
    is_by_name = False
    for each in parameters:
        if each.kind is each.KEYWORD_ONLY and not is_by_name:
            yield "*"
        is_by_name = is_by_name or each.kind in (each.KEYWORD_ONLY, each.VAR_POSITIONAL)
        stars = "**" if each.kind is each.VAR_KEYWORD else "*" if each.kind is each.VAR_POSITIONAL else ""
        annotation = each.annotation if each.annotation is not each.empty else fields.get(each.name)  # of a converter
        default = "" if each.default is each.empty else f" = {_default(each.default)}"
        yield f"{stars}{each.name}{f': {_written(annotation)}' if annotation else ''}{default}"


def _written(annotation: Any) -> str:
    """Return an annotation as text, also of a class or a forward reference."""
    return str(getattr(annotation, "__forward_arg__", None) or getattr(annotation, "__name__", annotation))


def _default(value: Any) -> str:
    """Return a default as it is written; `...` for one that is made anew by each call, and for functions."""
    if isinstance(value, Enum) and value is not attrs.NOTHING:
        return f"{type(value).__name__}.{value.name}"
    is_plain = isinstance(value, (str, int, float, tuple, type(None)))
    return repr(value) if is_plain else "..."
