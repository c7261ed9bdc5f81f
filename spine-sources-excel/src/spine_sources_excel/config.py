"""The options of a source of workbooks."""

from __future__ import annotations

import os
from enum import Enum
from typing import Any

from attrs import Attribute, field, frozen

from spine.core.errors import InvalidConfigError
from spine.framework.sources.source import SourceConfig
from spine_sources_excel.area import Area


class ErrorCells(str, Enum):
    """Treatment of cells that hold an error such as #N/A."""

    FAIL = "fail"
    NULL = "null"


def _path(value: Any) -> str:
    if isinstance(value, (str, os.PathLike)) and str(value):
        return os.fspath(value)
    raise InvalidConfigError("path", value, f"path {value!r} is not valid: give the path of a workbook")


def _error_cells(value: Any) -> ErrorCells:
    try:
        return ErrorCells(value)
    except ValueError as error:
        raise InvalidConfigError(
            "error_cells", value, f"error_cells {value!r} is not known; known: fail, null"
        ) from error


def _number(least: int) -> Any:
    def check(instance: object, attribute: Attribute[Any], value: Any) -> None:
        if not isinstance(value, int) or isinstance(value, bool) or value < least:
            raise InvalidConfigError(
                attribute.name, value, f"{attribute.name} {value!r} is not valid: give a number, {least} or more"
            )

    return check


def _sheet(instance: object, attribute: Attribute[Any], value: Any) -> None:
    is_index = isinstance(value, int) and not isinstance(value, bool) and value >= 1
    if not is_index and not (isinstance(value, str) and value):
        raise InvalidConfigError("sheet", value, f"sheet {value!r} is not valid: give a name, or a number from 1")


@frozen
class ExcelSourceConfig(SourceConfig):
    """The arguments of ExcelSource, and the keys of its table in `spine.toml`."""

    path: str = field(
        converter=_path,
        metadata={"help": "The workbook. A relative path starts at the project's folder.", "path": True},
    )
    sheet: str | int = field(
        kw_only=True,
        default=1,
        validator=_sheet,
        metadata={"help": "The name of the sheet, or its number among all sheets, hidden ones too, from 1."},
    )
    range: str | None = field(
        kw_only=True,
        default=None,
        metadata={"help": 'The cells to read, header included, such as "B3:F200" or "B3:F" down to the last row.'},
    )
    header_rows: int = field(
        kw_only=True,
        default=1,
        validator=_number(1),
        metadata={"help": "Number of header rows; the texts of a column are joined with a space."},
    )
    error_cells: ErrorCells = field(
        kw_only=True,
        default=ErrorCells.FAIL,
        converter=_error_cells,
        metadata={"help": "Treatment of #N/A, #DIV/0! and other errors in cells of .xlsx files: fail or null."},
    )
    allow_empty: bool = field(
        kw_only=True,
        default=False,
        metadata={"help": "Accept a sheet without rows, which is otherwise an error."},
    )
    max_bytes: int = field(
        kw_only=True,
        default=256 << 20,
        validator=_number(1),
        metadata={"help": "Largest size of the workbook in bytes, unpacked."},
    )
    max_cells: int = field(
        kw_only=True,
        default=20_000_000,
        validator=_number(1),
        metadata={"help": "Largest number of cells, empty ones included, from A1 to the last one."},
    )
    domain: str | None = field(
        kw_only=True,
        default=None,
        metadata={"help": "The domain that the data belongs to, for alerts and history."},
    )

    def __attrs_post_init__(self) -> None:
        _ = self.area

    @property
    def area(self) -> Area | None:
        """The range as numbers."""
        return None if self.range is None else Area.parse(self.range)
