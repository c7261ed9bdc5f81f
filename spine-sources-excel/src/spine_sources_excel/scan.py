"""Scan of a sheet's XML in an .xlsx file: its size, and its error cells, which the reader gives as empty ones."""

from __future__ import annotations

import posixpath
import re

from attrs import define, field

from spine_sources_excel.area import column_number
from spine_sources_excel.parts import Attributes, Parts, parse

_REFERENCE = re.compile(r"([A-Z]{1,3})(\d{1,7})")


@define
class SheetScan:
    """Size of a sheet from A1 on, and its error cells as (row, column) to the text of the error, from 0.

    `shared` counts the cells that refer to a shared text.
    """

    height: int = 0
    width: int = 0
    shared: int = 0
    errors: dict[tuple[int, int], str] = field(factory=dict)


def scan_sheet(parts: Parts, number: int) -> SheetScan:
    """Return what the sheet with that number in the workbook holds; KeyError where its XML is not found."""
    scanner = _Scanner()
    parse(parts, part_of_sheet(parts, number), scanner.start, scanner.end, scanner.text)
    return scanner.scan


def part_of_sheet(parts: Parts, number: int) -> str:
    """Return the name of the XML of a sheet."""
    ids: list[str] = []
    targets: dict[str, str] = {}

    def sheet(tag: str, attributes: Attributes) -> None:
        if tag == "sheet":
            ids.append(next((value for name, value in attributes.items() if name.endswith(":id")), ""))

    def relationship(tag: str, attributes: Attributes) -> None:
        if tag == "Relationship":
            targets[attributes.get("Id", "")] = attributes.get("Target", "")

    parse(parts, "xl/workbook.xml", sheet)
    parse(parts, "xl/_rels/workbook.xml.rels", relationship)
    return posixpath.normpath(posixpath.join("/xl", targets.get(ids[number], ""))).lstrip("/")


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
            kind = attributes.get("t")
            self._error = kind == "e"
            self.scan.shared += kind == "s"
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
