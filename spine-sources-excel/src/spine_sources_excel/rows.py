"""Rows of a sheet: names from its header, one type for the numbers and times of each column."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from spine.core.errors import ParseError
from spine.formats.columnnames import distinct_names
from spine.framework.sources.warnings import warn
from spine_sources_excel.area import Area, cell_name
from spine_sources_excel.config import ErrorCells, ExcelSourceConfig
from spine_sources_excel.workbook import Sheet

Row = dict[str, Any]


def rows_of(sheet: Sheet, options: ExcelSourceConfig) -> tuple[list[Row], dict[str, str]]:
    """Return the rows below the header, and for each column that was renamed its new name and its name in the sheet.

    Blank rows are left out, and so are columns without a name and a value.
    """
    width = max(map(len, sheet.rows), default=0)
    area = options.area or Area(0, 0, None, max(0, width - 1))
    _refuse_errors(sheet, area, options.error_cells)
    lines = _cut(sheet, area, blank_before=options.range is None)
    header, body = lines[: options.header_rows], lines[options.header_rows :]
    body = [(number, cells) for number, cells in body if any(value is not None for value in cells)]
    if len(header) < options.header_rows or not (body or options.allow_empty):
        raise ParseError(
            f"{sheet.label} has no rows below its header; choose another sheet or range, or set allow_empty = true"
        )
    own = _header_texts(header)
    _fill_merged(sheet, area, header)
    texts = _header_texts(header)
    used = [n for n, text in enumerate(texts) if text or any(cells[n] is not None for _, cells in body)]
    for n in used:
        if not texts[n]:
            where = cell_name(header[-1][0], area.left + n)
            raise ParseError(f"{sheet.label}: the column below {where} has values and no name; name it, or set range")
    names, renamed = distinct_names([texts[n] for n in used])
    joined = {name: own[n] for name, n in zip(names, used, strict=True) if own[n] and own[n] != texts[n]}
    renamed = joined | renamed
    columns = [_one_type([cells[n] for _, cells in body]) for n in used]
    return [dict(zip(names, values, strict=True)) for values in zip(*columns, strict=True)], renamed


def _cut(sheet: Sheet, area: Area, *, blank_before: bool) -> list[tuple[int, list[Any]]]:
    """Return the cells of the area by row, blank ones as None; without a range, from the first row with a value."""
    end = len(sheet.rows) if area.bottom is None else area.bottom + 1
    lines: list[tuple[int, list[Any]]] = []
    for number, cells in enumerate(sheet.rows[area.top : end], area.top):
        values = [None if value == "" else value for value in cells[area.left : area.right + 1]]
        values += [None] * (area.right + 1 - area.left - len(values))
        if lines or not blank_before or any(value is not None for value in values):
            lines.append((number, values))
    return lines


def _refuse_errors(sheet: Sheet, area: Area, treatment: ErrorCells) -> None:
    if treatment is ErrorCells.NULL:
        return
    if sheet.errors is None:
        warn(
            f"{sheet.label}: an error such as #N/A is read as null in this kind of workbook; save it as .xlsx to have "
            'errors refused, or accept nulls with error_cells = "null"'
        )
        return
    for (row, column), text in sheet.errors.items():
        if area.holds(row, column):
            raise ParseError(
                f"{sheet.label}: cell {cell_name(row, column)} holds the error {text or '#N/A'}; "
                'correct it, or set error_cells = "null"'
            )


def _fill_merged(sheet: Sheet, area: Area, header: list[tuple[int, list[Any]]]) -> None:
    """Give the columns below a merged header cell its text, which Excel stores in the first cell only."""
    for (top, left), (_, right) in sheet.merged:
        for number, cells in header:
            if number == top and area.left <= left:
                for column in range(left + 1, min(right, area.right) + 1):
                    cells[column - area.left] = cells[left - area.left]


def _header_texts(header: list[tuple[int, list[Any]]]) -> list[str]:
    return [" ".join(_text(cells[n]) for _, cells in header if cells[n] is not None) for n in range(len(header[0][1]))]


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _one_type(values: list[Any]) -> list[Any]:
    """Return a column's values: numbers as int where all are whole, midnights as datetimes beside other times."""
    kinds = {type(value) for value in values if value is not None}
    if float in kinds and all(value.is_integer() for value in values if isinstance(value, float)):
        values = [int(value) if isinstance(value, float) else value for value in values]
    if {date, datetime} <= kinds:
        values = [datetime.combine(value, time()) if type(value) is date else value for value in values]
    return values
