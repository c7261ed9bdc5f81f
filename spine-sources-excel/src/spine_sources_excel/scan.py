"""Scan of a sheet's XML in an .xlsx file: its size and its error cells, which the reader gives as empty ones."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import Any
from xml.parsers import expat
from zipfile import ZipFile

from attrs import define, field

from spine_sources_excel.area import column_number

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")
Attributes = dict[str, str]


@define
class SheetScan:
    """Size of a sheet from A1 on, and its error cells as (row, column) to the text of the error, from 0."""

    height: int = 0
    width: int = 0
    errors: dict[tuple[int, int], str] = field(factory=dict)


def scan_sheet(archive: ZipFile, number: int) -> SheetScan | None:
    """Return what the sheet with that number in the workbook holds, None where its XML is not found."""
    part = _part_of(archive, number)
    if part not in archive.namelist():
        return None
    scanner = _Scanner()
    _parse(archive, part, scanner.start, scanner.end, scanner.text)
    return scanner.scan


class _Scanner:
    def __init__(self) -> None:
        self.scan = SheetScan()
        self._row = -1
        self._column = -1
        self._error = False
        self._texts: list[str] = []

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
        elif tag == "c":
            self._place(attributes.get("r"))
            self._error = attributes.get("t") == "e"
            self._texts.clear()

    def text(self, data: str) -> None:
        if self._error:
            self._texts.append(data)

    def end(self, tag: str) -> None:
        if tag == "f":
            self._texts.clear()
        elif tag == "c" and self._error:
            self.scan.errors[self._row, self._column] = "".join(self._texts).strip()
            self._error = False

    def _place(self, reference: str | None) -> None:
        match = _REFERENCE.fullmatch(reference or "")
        self._column = column_number(match[1]) if match else self._column + 1
        self._row = int(match[2]) - 1 if match else self._row
        self.scan.height = max(self.scan.height, self._row + 1)
        self.scan.width = max(self.scan.width, self._column + 1)


def _part_of(archive: ZipFile, number: int) -> str:
    ids: list[str] = []
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            ids.append(next((value for name, value in attributes.items() if name.endswith(":id")), ""))

    def relationship(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    _parse(archive, "xl/workbook.xml", sheet)
    _parse(archive, "xl/_rels/workbook.xml.rels", relationship)
    return posixpath.normpath(posixpath.join("/xl", targets.get(ids[number], ""))).lstrip("/")


def _parse(
    archive: ZipFile,
    part: str,
    start: Callable[[str, Attributes], None],
    end: Callable[[str], None] | None = None,
    text: Callable[[str], None] | None = None,
) -> None:
    parser: Any = expat.ParserCreate()
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    if end is not None:
        parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    with archive.open(part) as stream:
        parser.ParseFile(stream)
