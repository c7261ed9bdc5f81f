"""Delimited text, record by record with line numbers: exact and slow, for what the fast reader leaves undecided."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO, Self

from attrs import field, frozen

from spine.core.errors import InvalidConfigError, ParseError

_BYTE_ORDER_MARKS = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


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
    """How delimited text is written. With `column_names` the text has no header line."""

    delimiter: str = field(default=",", validator=_one_character)
    quote_char: str | None = field(default='"', validator=_one_character)
    encoding: str = field(default="utf-8", validator=_text_encoding)
    column_names: tuple[str, ...] | None = None
    skip_rows: int = 0
    comment: str | None = None
    allow_empty: bool = False
    line_column: str | None = None

    @property
    def is_utf8(self) -> bool:
        return codecs.lookup(self.encoding).name in ("utf-8", "utf-8-sig")


class TextLines(Iterator[str]):
    """The lines of a stream, counted; comment lines are passed over where a record may start, not inside one."""

    def __init__(self, stream: BinaryIO, options: DelimitedOptions, label: str) -> None:
        self._encoding = "utf-8" if options.is_utf8 else options.encoding
        self._text = io.TextIOWrapper(stream, encoding=self._encoding, newline="")
        self._comment = options.comment
        self._label = label
        self._in_record = False
        self.number = 0
        self.record_start = 0
        self.exhausted = False

    def release(self) -> None:
        """Let go of the stream, which its opener closes."""
        self._text.detach()

    def start_record(self) -> None:
        self._in_record = False

    def skip(self, count: int) -> None:
        for _ in range(count):
            self._read()

    def __next__(self) -> str:
        line = self._read()
        while line and not self._in_record and self._comment and line.startswith(self._comment):
            line = self._read()
        if not line:
            self.exhausted = True
            raise StopIteration
        if not self._in_record:
            self._in_record, self.record_start = True, self.number
        return line

    def _read(self) -> str:
        try:
            line = self._text.readline()
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from error
        if line:
            self.number += 1
        if self.number == 1:
            line = line.removeprefix("\ufeff")
        if "\0" in line:
            raise ParseError(
                f"{self._label}, line {self.number}: a NUL byte; the file is damaged, or its encoding is not "
                f"{self._encoding!r}"
            )
        return line

    def _undecodable(self, error: UnicodeDecodeError) -> ParseError:
        before = error.object[: error.start].decode(self._encoding, "replace")
        line = self.number + 1 + before.replace("\r\n", "\n").replace("\r", "\n").count("\n")
        marked = (name for mark, name in _BYTE_ORDER_MARKS if error.object.startswith(mark))
        better = next(marked, "latin-1" if "utf-8" in self._encoding else "utf-8")
        wrong = f"byte 0x{error.object[error.start]:02x}"
        return ParseError(
            f'{self._label}, line {line}: {wrong} is not valid {self._encoding}; try encoding = "{better}"'
        )


class Records:
    """The records of delimited text as csv.reader gives them, each with the number of the line it starts on."""

    def __init__(self, stream: BinaryIO, options: DelimitedOptions, label: str) -> None:
        self._label = label
        self._options = options
        self.lines = TextLines(stream, options, label)
        self.lines.skip(options.skip_rows)
        self._reader = csv.reader(
            self.lines,
            delimiter=options.delimiter,
            quotechar=options.quote_char,
            quoting=csv.QUOTE_MINIMAL if options.quote_char else csv.QUOTE_NONE,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.lines.release()

    def next(self) -> list[str] | None:
        """Return the next record that is not a blank line, None at the end."""
        while True:
            self.lines.start_record()
            try:
                record = next(self._reader)
            except StopIteration:
                return None
            except csv.Error as error:
                raise ParseError(f"{self._label}, line {self.lines.record_start}: {error}", cause=error) from error
            if self.lines.exhausted:  # a record came although the lines ran out: its last field never closed
                raise ParseError(
                    f"{self._label}, line {self.lines.record_start}: a quote is opened and never closed; "
                    "close it, or read the file without quotes"
                )
            if record:
                return record

    def header(self) -> list[str]:
        """Return the column names as they are written."""
        names = self.next()
        if names is not None:
            return names
        if self.lines.number == 0:
            raise ParseError(f"{self._label} is empty")
        raise ParseError(f"{self._label} has no header line: there are only blank lines and comments")

    def rows(self, header: list[str]) -> Iterator[tuple[int, list[str]]]:
        """Yield the line number and the fields of each record; one whose number of fields is wrong is a ParseError."""
        width = len(header)
        while (record := self.next()) is not None:
            if len(record) != width:
                raise self._ragged(len(record), header)
            yield self.lines.record_start, record

    def _ragged(self, count: int, header: list[str]) -> ParseError:
        fields = f"{count} field{'s' if count != 1 else ''}"
        width = f"column_names has {len(header)}" if self._options.column_names else f"the header has {len(header)}"
        where = f"{self._label}, line {self.lines.record_start}"
        others = [sign for sign in "|;\t," if len(header) == 1 and sign in header[0]]
        fix = f"is the delimiter {others[0]!r}?" if others else "correct or remove that line"
        return ParseError(f"{where}: {fields} where {width}; {fix}")
