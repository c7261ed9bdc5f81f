"""The dialect of delimited text: delimiter, quotes, encoding, header."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from typing import Any

from attrs import field, frozen

from spine.core.errors import InvalidConfigError
from spine.formats.columntypes import ColumnType


def _one_character(instance: object, attribute: object, value: str | None) -> None:
    name = getattr(attribute, "name", "")
    if value is not None and (len(value) != 1 or value in "\r\n\0"):
        raise InvalidConfigError(name, value, f"{name} {value!r} is not valid: use one character")


def _text_encoding(instance: object, attribute: object, value: str) -> None:
    try:
        "".encode(value)
    except LookupError as error:
        raise InvalidConfigError("encoding", value, f"encoding {value!r} is not one that Python knows") from error


@frozen
class DelimitedOptions:
    """The dialect of delimited text, and the types of its columns. With `column_names` the text has no header line."""

    delimiter: str = field(default=",", validator=_one_character)
    quote_char: str | None = field(default='"', validator=_one_character)
    escape_char: str | None = field(default=None, validator=_one_character)
    encoding: str = field(default="utf-8", validator=_text_encoding)
    column_names: tuple[str, ...] | None = None
    aliases: Mapping[str, str] = field(factory=dict)
    header_rows: int = 1
    skip_rows: int = 0
    comment: str | None = None
    allow_empty: bool = False
    line_column: str | None = None
    schema: Mapping[str, ColumnType] = field(factory=dict)
    null_values: tuple[str, ...] = ()

    def __attrs_post_init__(self) -> None:
        signs = {"delimiter": self.delimiter, "quote_char": self.quote_char, "escape_char": self.escape_char}
        given = [sign for sign in signs.values() if sign is not None]
        for name, sign in signs.items():
            if sign is not None and given.count(sign) > 1:
                raise InvalidConfigError(
                    name, sign, f"{name} {sign!r} has another meaning already: use another character"
                )

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


def column_types(value: Any) -> Mapping[str, ColumnType]:
    """Return the option `schema`, a table of columns and types, or raise InvalidConfigError."""
    return {name: ColumnType.parse(kind) for name, kind in _table("schema", value).items()}


def column_aliases(value: Any) -> Mapping[str, str]:
    """Return the option `aliases`, a table of new and old names, or raise InvalidConfigError."""
    table = _table("aliases", value)
    if not all(isinstance(name, str) for name in table.values()):
        raise InvalidConfigError("aliases", value, f"aliases {value!r} is not valid: give a table of new and old names")
    return table


def _table(option: str, value: Any) -> Mapping[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, Mapping) or not all(isinstance(name, str) for name in value):
        raise InvalidConfigError(option, value, f"{option} {value!r} is not valid: give a table of columns and types")
    return value
