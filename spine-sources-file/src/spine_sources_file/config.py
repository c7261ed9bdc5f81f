"""The options of a file source."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import Any

from attrs import Attribute, field, fields, frozen

from spine.core.errors import InvalidConfigError, SourceError
from spine.core.suggest import did_you_mean
from spine.framework.sources.delimited import DelimitedOptions
from spine.framework.sources.formats import FileFormat, detect_format, known_suffixes
from spine_sources_file.location import local_path

_DELIMITED_ONLY = ("delimiter", "quote_char", "column_names", "skip_rows", "comment")
_BY_LINE_ONLY = ("allow_empty", "line_column")


def _path(value: Any) -> str:
    if not isinstance(value, (str, os.PathLike)) or not str(value):
        raise InvalidConfigError("path", value, f"path {value!r} is not valid: give the path of a file, or a glob")
    return local_path(os.fspath(value))


def _format(value: Any) -> FileFormat | None:
    if value is None or isinstance(value, FileFormat):
        return value
    try:
        return FileFormat(str(value).lower())
    except ValueError as error:
        known = did_you_mean(str(value), [known.value for known in FileFormat])
        raise InvalidConfigError("format", value, f"format {value!r} is not known{known}") from error


def _names(value: Any) -> tuple[str, ...] | None:
    if value is None:
        return None
    if isinstance(value, str) or not isinstance(value, Iterable):
        raise InvalidConfigError("column_names", value, f"column_names {value!r} is not valid: give a list of names")
    names = tuple(value)
    if not names or not all(isinstance(name, str) for name in names):
        raise InvalidConfigError(
            "column_names", value, "column_names is not valid: give at least one name, all of text"
        )
    return names


def _is(kind: type) -> Any:
    def check(instance: object, attribute: Attribute[Any], value: Any) -> None:
        right = isinstance(value, kind) and value != ""
        if kind is int:
            right = isinstance(value, int) and not isinstance(value, bool) and value >= 0
        if value is not None and not right:
            expected = {int: "a number, 0 or more", bool: "true or false", str: "a text that is not empty"}[kind]
            raise InvalidConfigError(attribute.name, value, f"{attribute.name} {value!r} is not valid: give {expected}")

    return check


@frozen
class FileSourceConfig:
    """What a file source is told: the keyword arguments of FileSource, the keys of its table in `spine.toml`."""

    path: str = field(
        converter=_path,
        metadata={
            "help": "A file or a glob; `{name}` is filled from the parameter `name` of the fetch. "
            "A relative path starts at the project's folder.",
            "path": True,
        },
    )
    format: FileFormat | None = field(
        default=None,
        converter=_format,
        metadata={"help": "csv, psv, tsv, json, jsonl or parquet; without it the suffix of the path decides."},
    )
    encoding: str = field(
        default="utf-8", validator=_is(str), metadata={"help": "The encoding of text, as Python names it."}
    )
    delimiter: str | None = field(
        default=None,
        validator=_is(str),
        metadata={"help": "The character between two fields; by default that of the format: comma, pipe or tab."},
    )
    quote_char: str | None = field(
        default='"',
        validator=_is(str),
        metadata={"help": "The character around a field that holds a delimiter or a line end; None for no quoting."},
    )
    column_names: tuple[str, ...] | None = field(
        default=None,
        converter=_names,
        metadata={"help": "The names of the columns, for text that has no header line."},
    )
    skip_rows: int = field(
        default=0, validator=_is(int), metadata={"help": "How many lines to pass over before the header."}
    )
    comment: str | None = field(
        default=None, validator=_is(str), metadata={"help": "Lines that start with this text are passed over."}
    )
    allow_empty: bool = field(
        default=False,
        validator=_is(bool),
        metadata={"help": "Accept a header without rows, which is otherwise an error: most often a broken delivery."},
    )
    line_column: str | None = field(
        default=None,
        validator=_is(str),
        metadata={"help": "The name of an additional last column with the number of the line that each row starts on."},
    )
    domain: str | None = field(
        default=None,
        validator=_is(str),
        metadata={"help": "The domain that the data belongs to, for alerts and history."},
    )

    def __attrs_post_init__(self) -> None:
        _ = self.delimited  # checks the characters and the encoding
        if self.format is not None or detect_format(self.path) is not None:
            self._refuse_options_without_effect()

    @property
    def file_format(self) -> FileFormat:
        """The format that is given, or that the path's suffix names."""
        if found := self.format or detect_format(self.path):
            return found
        raise SourceError(
            f"Cannot detect format of {self.path}: its suffix is none of {', '.join(known_suffixes())}; "
            'say which it is, for example format = "csv"'
        )

    @property
    def delimited(self) -> DelimitedOptions:
        """The options of the reader of delimited text."""
        by_format = None if self.format is None and detect_format(self.path) is None else self.file_format.delimiter
        return DelimitedOptions(
            delimiter=self.delimiter or by_format or ",",
            quote_char=self.quote_char,
            encoding=self.encoding,
            column_names=self.column_names,
            skip_rows=self.skip_rows,
            comment=self.comment,
            allow_empty=self.allow_empty,
            line_column=self.line_column,
        )

    def _refuse_options_without_effect(self) -> None:
        without_effect: tuple[str, ...] = ()
        if self.file_format.delimiter is None:
            by_line = self.file_format is FileFormat.JSONL
            without_effect = _DELIMITED_ONLY if by_line else _DELIMITED_ONLY + _BY_LINE_ONLY
        for option in fields(FileSourceConfig):
            value = getattr(self, option.name)
            if option.name in without_effect and value != option.default:
                raise InvalidConfigError(
                    option.name, value, f"{option.name} has no effect on {self.file_format.value} files: leave it out"
                )


def refuse_unknown_options(options: Iterable[str]) -> None:
    """Raise an InvalidConfigError for the first of `options`; its sentence offers the closest option there is."""
    for name in options:
        known = did_you_mean(name, [option.name for option in fields(FileSourceConfig)])
        raise InvalidConfigError(name, None, f"FileSource has no option {name!r}{known}")
