"""The options of a file source."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from attrs import field, fields, frozen
from attrs.validators import ge

from spine.core.duration import Seconds
from spine.core.errors import InvalidConfigError, SourceError
from spine.formats.delimited import DelimitedOptions
from spine.formats.dialect import column_aliases, column_types
from spine.formats.fileformat import FileFormat, detect_format, known_suffixes
from spine.formats.jsonpath import is_path
from spine.framework.sources.badrows import BadRowAction, BadRowLimit
from spine.framework.sources.source import SourceConfig
from spine_sources_file import values

_DELIMITED = (FileFormat.CSV, FileFormat.PSV, FileFormat.TSV)
_TEXT = (*_DELIMITED, FileFormat.JSON, FileFormat.JSONL)
_BY_LINE = (*_DELIMITED, FileFormat.JSONL)
_JSON = (FileFormat.JSON,)


def _about(help_text: str, formats: tuple[FileFormat, ...] = ()) -> dict[str, Any]:
    """Return the metadata of an option: its help, and the formats that it has an effect on, none for all."""
    return {"help": help_text, "formats": formats}


@frozen
class FileSourceConfig(SourceConfig):
    """The arguments of FileSource, and the keys of its table in `spine.toml`."""

    path: str | tuple[str, ...] = field(
        converter=values.paths,
        metadata={
            "help": "A file, a glob, a URL that fsspec supports, or a list of these; `{name}` is filled from the "
            "parameter `name` of the fetch. A relative path starts at the project's folder.",
            "path": True,
        },
    )
    format: FileFormat | None = field(
        kw_only=True,
        default=None,
        converter=values.file_format,
        metadata=_about("csv, psv, tsv, json, jsonl, parquet or arrow; without it the suffix of the path decides."),
    )
    encoding: str = field(
        kw_only=True,
        default="utf-8",
        validator=values.is_a(str),
        metadata=_about("The encoding of text, as Python names it.", _TEXT),
    )
    delimiter: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about(
            "The character between two fields; by default that of the format: comma, pipe or tab.", _DELIMITED
        ),
    )
    quote_char: str | None = field(
        kw_only=True,
        default='"',
        converter=values.quote_char,
        validator=values.is_a(str),
        metadata=_about(
            "The character around a field that holds a delimiter or a line end; None or an empty text for no quoting.",
            _DELIMITED,
        ),
    )
    escape_char: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about("The character that makes the next one literal.", _DELIMITED),
    )
    column_names: tuple[str, ...] | None = field(
        kw_only=True,
        default=None,
        converter=values.column_names,
        metadata=_about("The names of the columns, for text that has no header line.", _DELIMITED),
    )
    header_rows: int = field(
        kw_only=True,
        default=1,
        validator=[values.is_a(int), ge(1)],
        metadata=_about("Number of lines in the header; their cells are joined column by column.", _DELIMITED),
    )
    aliases: Mapping[str, str] | None = field(
        kw_only=True,
        default=None,
        metadata=_about(
            'New names of columns, `{ new = "old" }`, for files that were written under another name.', _DELIMITED
        ),
    )
    skip_rows: int = field(
        kw_only=True,
        default=0,
        validator=values.is_a(int),
        metadata=_about("Number of lines to skip before the header.", _DELIMITED),
    )
    comment: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about("Lines that start with this text are skipped.", _DELIMITED),
    )
    schema: Mapping[str, str | Mapping[str, str]] | None = field(
        kw_only=True,
        default=None,
        metadata=_about(
            "Column to type: string, int64, float64, decimal(18,4), bool, date, timestamp or timestamptz, or "
            '`{ type = "date", format = "%d.%m.%Y" }` or `{ type = "float64", decimal = ",", thousands = "." }`; '
            "columns that it does not name stay text.",
            _DELIMITED,
        ),
    )
    infer_types: bool = field(
        kw_only=True,
        default=False,
        validator=values.is_a(bool),
        metadata=_about(
            "Give each column the type that all of its cells have, where none loses anything; a stream reads the files "
            "twice.",
            _DELIMITED,
        ),
    )
    null_values: tuple[str, ...] | None = field(
        kw_only=True,
        default=None,
        converter=values.null_values,
        metadata=_about(
            "Texts that mean null in every column; an empty text is null in columns that are not text anyway.",
            _DELIMITED,
        ),
    )
    json_path: str | None = field(
        kw_only=True,
        default=None,
        validator=[values.is_a(str), is_path()],
        metadata=_about(
            "The dotted path of the rows in a JSON document, such as `payload.items`; a key with a dot stands in "
            "quotes, `$` is the whole document. By default `data`, `items`, `results`, `records` or `rows` where "
            "nothing stands beside it.",
            _JSON,
        ),
    )
    member: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about("The file to read of a zip with several, by name or pattern: `*.csv`."),
    )
    columns: tuple[str, ...] | None = field(
        kw_only=True, default=None, converter=values.columns, metadata=_about("The columns to keep, in this order.")
    )
    on_bad_row: BadRowAction = field(
        kw_only=True,
        default=BadRowAction.FAIL,
        converter=values.bad_row_action,
        metadata=_about(
            "Treatment of a row that cannot be read: fail, quarantine (it is among the result's `rejects`, and in "
            "`core_rejects` when the run completes) or skip.",
            _BY_LINE,
        ),
    )
    max_bad_rows: int | str | None = field(
        kw_only=True,
        default=None,
        metadata=_about('Bad rows to tolerate: a number, or a share of all rows such as "5%".', _BY_LINE),
    )
    max_bytes: int | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(int),
        metadata=_about(
            "Largest size of a file in bytes, decompressed, and of Parquet and Arrow IPC with repeated values written "
            "out; without it such a file may have 256 MiB, or 200 times its stored size where that is more."
        ),
    )
    settle_seconds: Seconds | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(float),
        metadata=_about("A file modified less than this many seconds ago is not read."),
    )
    allow_empty: bool = field(
        kw_only=True,
        default=False,
        validator=values.is_a(bool),
        metadata=_about(
            "Accept a header without rows, which is otherwise an error: most often a broken delivery.", _BY_LINE
        ),
    )
    line_column: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about(
            "The name of an additional last column with the number of the line that each row starts on.", _BY_LINE
        ),
    )
    include_path_column: str | bool | None = field(
        kw_only=True,
        default=None,
        converter=values.path_column_name,
        validator=values.is_a(str),
        metadata=_about(
            "The name of an additional last column with the path of each row's file; true names it `path`."
        ),
    )
    domain: str | None = field(
        kw_only=True,
        default=None,
        validator=values.is_a(str),
        metadata=_about("The domain that the data belongs to, for alerts and history."),
    )

    def __attrs_post_init__(self) -> None:
        _ = self.delimited, self.bad_row_limit  # checks the characters, the encoding, the types and the limit
        if self.max_bad_rows is not None and self.on_bad_row is BadRowAction.FAIL:
            raise InvalidConfigError(
                "max_bad_rows",
                self.max_bad_rows,
                'max_bad_rows has no effect with on_bad_row = "fail": set on_bad_row = "quarantine" or "skip"',
            )
        if self.format is not None or self._detected is not None:
            self._refuse_options_without_effect()

    @property
    def paths(self) -> tuple[str, ...]:
        """The paths, as a list also for a single one."""
        return (self.path,) if isinstance(self.path, str) else self.path

    @property
    def file_format(self) -> FileFormat:
        """The format that is given, or that the suffix of every path names."""
        if found := self.format or self._detected:
            return found
        raise SourceError(
            f"Cannot detect format of {', '.join(self.paths)}: {self._why_undetected}; "
            'say which it is, for example format = "csv"'
        )

    @property
    def delimited(self) -> DelimitedOptions:
        """The options of the reader of delimited text."""
        found = self.format or self._detected
        return DelimitedOptions(
            delimiter=self.delimiter or (found and found.delimiter) or ",",
            quote_char=self.quote_char,
            escape_char=self.escape_char,
            encoding=self.encoding,
            column_names=self.column_names,
            aliases=column_aliases(self.aliases),
            header_rows=self.header_rows,
            skip_rows=self.skip_rows,
            comment=self.comment,
            allow_empty=self.allow_empty,
            line_column=self.line_column,
            schema=column_types(self.schema),
            null_values=self.null_values or (),
        )

    @property
    def bad_row_limit(self) -> BadRowLimit:
        """The limit on bad rows."""
        return BadRowLimit.parse(self.max_bad_rows)

    @property
    def path_column(self) -> str | None:
        """The name of the column with the path of each row's file."""
        return self.include_path_column or None  # type: ignore[return-value]  # the converter made a text of True

    @property
    def _detected(self) -> FileFormat | None:
        found = {detect_format(path) for path in self.paths}
        return found.pop() if len(found) == 1 else None

    @property
    def _why_undetected(self) -> str:
        suffixes = ", ".join(known_suffixes())
        if any(detect_format(path) is not None for path in self.paths):
            return "their suffixes do not name one"
        return f"its suffix is none of {suffixes}"

    def _refuse_options_without_effect(self) -> None:
        for option in fields(FileSourceConfig):
            value, formats = getattr(self, option.name), option.metadata.get("formats")
            if formats and self.file_format not in formats and value != option.default:
                raise InvalidConfigError(
                    option.name, value, f"{option.name} has no effect on {self.file_format.value} files: leave it out"
                )
