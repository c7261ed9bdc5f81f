"""Size of the texts of cells: a small file may refer to one long text from many cells, or repeat a cell many times."""

from __future__ import annotations

from attrs import define, field

from spine_sources_excel.parts import Attributes, Parts, parse
from spine_sources_excel.scan import SheetScan, part_of_sheet

_SHARED = "xl/sharedStrings.xml"
_CONTENT = "content.xml"
_CELLS = ("table-cell", "covered-table-cell")


def size_of_shared(parts: Parts, number: int, scan: SheetScan, most: int) -> int:
    """Return the size in characters of the shared texts of a sheet's cells; a larger one if even that is below `most`.

    The exact size takes a second look at the sheet, which few workbooks need.
    """
    if not scan.shared or _SHARED not in parts:
        return 0
    with parts.open(_SHARED) as stream:
        longest = max(map(len, stream.read().split(b"</si>")))
    if longest * scan.shared <= most:
        return longest * scan.shared
    lengths = _Lengths()
    parse(parts, _SHARED, lengths.start, None, lengths.text)
    cells = _SharedCells(lengths.found)
    parse(parts, part_of_sheet(parts, number), cells.start, cells.end, cells.text)
    return cells.size


@define
class RepeatedCells:
    """Cells of all sheets of an .ods file that are not empty, and the characters of their texts.

    Each counts as often as the file says: the reader writes them out when it opens the file.
    """

    cells: int = 0
    size: int = 0
    _rows: int = 1
    _times: int = 1
    _of_row: list[int] = field(factory=lambda: [0, 0])
    _is_cell: bool = False

    def start(self, tag: str, attributes: Attributes) -> None:
        """Begin a row or a cell."""
        named = {name.rpartition(":")[2]: value for name, value in attributes.items()}
        if tag == "table-row":
            self._rows, self._of_row = _times(named.get("number-rows-repeated")), [0, 0]
        elif tag in _CELLS:
            self._times, self._is_cell = _times(named.get("number-columns-repeated")), True
            self._of_row[0] += self._times if "value-type" in named else 0
            self.text(named.get("string-value", ""))

    def text(self, data: str) -> None:
        """Add a text, if it is that of a cell."""
        if self._is_cell:
            self._of_row[1] += self._times * len(data)

    def end(self, tag: str) -> None:
        """End a row or a cell."""
        if tag == "table-row":
            self.cells += self._rows * self._of_row[0]
            self.size += self._rows * self._of_row[1]
        self._is_cell = self._is_cell and tag not in _CELLS


def repeated_cells(parts: Parts) -> RepeatedCells:
    """Return what an .ods file repeats; nothing for other files."""
    found = RepeatedCells()
    if _CONTENT in parts:
        parse(parts, _CONTENT, found.start, found.end, found.text)
    return found


@define
class _Lengths:
    found: list[int] = field(factory=list)

    def start(self, tag: str, _attributes: Attributes) -> None:
        if tag == "si":
            self.found.append(0)

    def text(self, data: str) -> None:
        if self.found:
            self.found[-1] += len(data)


@define
class _SharedCells:
    lengths: list[int]
    size: int = 0
    _index: str | None = None

    def start(self, tag: str, attributes: Attributes) -> None:
        if tag == "c":
            self._index = "" if attributes.get("t") == "s" else None

    def text(self, data: str) -> None:
        if self._index is not None:
            self._index += data

    def end(self, tag: str) -> None:
        if tag == "c" and self._index is not None:
            found = self._index.strip()
            self.size += self.lengths[int(found)] if found.isdigit() and int(found) < len(self.lengths) else 0
            self._index = None


def _times(written: str | None) -> int:
    """Return how often a row or a cell is repeated; a number that is none is once, as for the reader."""
    found = (written or "1").strip()
    return int(found[:18]) if found.isascii() and found.isdigit() else 1
