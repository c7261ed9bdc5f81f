"""Workbooks: checked before they are opened, and one sheet of them as cells."""

from __future__ import annotations

import io
from typing import Any
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from attrs import field, frozen
from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, PasswordError, SheetTypeEnum

from spine.core.errors import ParseError
from spine.core.suggest import did_you_mean
from spine.formats.limits import refuse_more
from spine_sources_excel.config import ExcelSourceConfig
from spine_sources_excel.parts import Parts
from spine_sources_excel.scan import SheetScan, scan_sheet
from spine_sources_excel.texts import repeated_cells, size_of_shared

_OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED = "EncryptedPackage".encode("utf-16-le")
_ZIP = b"PK\x03\x04"
_OTHER_FORMATS = ("xl/workbook.bin", "content.xml")

Merged = list[tuple[tuple[int, int], tuple[int, int]]]


@frozen
class Sheet:
    """Cells of a sheet from A1 on, its merged ranges, and its error cells where the format tells them, else None."""

    label: str
    rows: list[list[Any]] = field(repr=False)
    merged: Merged
    errors: dict[tuple[int, int], str] | None


def read_sheet(content: bytes, path: str, options: ExcelSourceConfig) -> Sheet:
    """Return the sheet of the options; a workbook that is damaged, protected or too large is a ParseError."""
    _check(content, path, options)
    try:
        with CalamineWorkbook.from_object(io.BytesIO(content)) as workbook:
            number = _number_of(workbook, path, options.sheet)
            label = f"{path}, sheet {workbook.sheet_names[number]!r}"
            scan = _scanned(content, number, label, options)
            sheet = workbook.get_sheet_by_index(number)
            _refuse_many(label, _cells_of(sheet), options.max_cells)
            cells, merged = sheet.to_python(skip_empty_area=False), sheet.merged_cell_ranges or []
            return Sheet(label, cells, merged, None if scan is None else scan.errors)
    except PasswordError as error:
        raise _protected(path) from error
    except (CalamineError, BadZipFile, KeyError, ValueError, expat.ExpatError) as error:
        raise ParseError(f"{path} is no workbook or is damaged: {error}; fetch the file again", cause=error) from error


def _check(content: bytes, path: str, options: ExcelSourceConfig) -> None:
    if content.startswith(_OLE2) and _ENCRYPTED in content:
        raise _protected(path)
    if not content.startswith(_ZIP):
        return
    try:
        with ZipFile(io.BytesIO(content)) as archive:
            refuse_more(path, sum(member.file_size for member in archive.infolist()), options.max_bytes)
            repeated = repeated_cells(Parts(archive))
            _refuse_many(path, repeated.cells, options.max_cells)
            refuse_more(f"{path}, with its repeated texts,", repeated.size, options.max_bytes)
            damaged = archive.testzip()  # reads no more than the declared sizes, which a bomb may state too small
    except (BadZipFile, RuntimeError, NotImplementedError, EOFError, expat.ExpatError) as error:
        raise ParseError(f"{path} is damaged or incomplete: {error}; fetch the file again", cause=error) from error
    if damaged is not None:
        raise ParseError(f"{path} is damaged or incomplete: part {damaged!r}; fetch the file again")


def _protected(path: str) -> ParseError:
    return ParseError(f"{path} is protected with a password: save a copy without one and read that")


def _number_of(workbook: CalamineWorkbook, path: str, sheet: str | int) -> int:
    names = workbook.sheet_names
    if isinstance(sheet, str) and sheet not in names:
        raise ParseError(f"{path} has no sheet {sheet!r}{did_you_mean(sheet, names)}")
    number = names.index(sheet) if isinstance(sheet, str) else sheet - 1
    if number >= len(names):
        raise ParseError(f"{path} has no sheet {sheet}: it has {len(names)}, {', '.join(map(repr, names))}")
    if workbook.sheets_metadata[number].typ is not SheetTypeEnum.WorkSheet:
        raise ParseError(f"{path}: sheet {names[number]!r} is a chart or a macro, without cells; choose another sheet")
    return number


def _scanned(content: bytes, number: int, label: str, options: ExcelSourceConfig) -> SheetScan | None:
    """Return what a sheet in XML holds, None for other formats; ParseError for one that is too large to be read."""
    if not content.startswith(_ZIP):
        return None
    with ZipFile(io.BytesIO(content)) as archive:
        parts = Parts(archive)
        if any(other in parts for other in _OTHER_FORMATS) and "xl/workbook.xml" not in parts:
            return None
        scan = scan_sheet(parts, number)
        _refuse_many(label, scan.height * scan.width, options.max_cells)
        size = size_of_shared(parts, number, scan, options.max_bytes)
        refuse_more(f"{label}, with its repeated texts,", size, options.max_bytes)
        return scan


def _cells_of(sheet: CalamineSheet) -> int:
    last = sheet.end
    return 0 if last is None else (last[0] + 1) * (last[1] + 1)


def _refuse_many(label: str, cells: int, most: int) -> None:
    if cells > most:
        raise ParseError(
            f"{label} spans {cells:,} cells, more than {most:,}: clear stray cells far from the others, "
            "or raise max_cells"
        )
