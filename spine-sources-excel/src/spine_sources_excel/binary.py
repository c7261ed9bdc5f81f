"""Size of sheets in the binary formats, .xls and .xlsb: the reader makes room for all cells before they can be counted.

Records of .xls are those of [MS-XLS] in a stream of a compound file, [MS-CFB]; those of .xlsb are of [MS-XLSB].
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from spine_sources_excel.parts import Parts

_FREE = 0xFFFFFFFA  # and above: no sector
_ENTRY = 128  # of the directory
_STREAMS = ("Workbook", "Book")
_BEGIN = 0x0809  # of a sheet, and of what comes before the sheets
_DIMENSIONS = 0x0200
_CELLS = {0x0006, 0x00BD, 0x00BE, 0x00D6, 0x00FD, 0x0201, 0x0203, 0x0204, 0x0205, 0x027E, 0x0406}
_SEVERAL = {0x00BD, 0x00BE}  # cells of one row, with the last column at the end
_ROW_OF_XLSB = 0
_LAST_CELL_OF_XLSB = 11

Extent = tuple[int, int]  # rows and columns from A1 on


def extents_of_xls(content: bytes) -> Iterator[Extent]:
    """Yield the size of each sheet; ValueError for a file that is damaged."""
    height = width = 0
    for kind, body in _records(_workbook(content)):
        if kind == _BEGIN:
            yield height, width
            height = width = 0
        elif (found := _extent_of_record(kind, body)) is not None:
            height, width = max(height, found[0]), max(width, found[1])
    yield height, width


def _extent_of_record(kind: int, body: bytes) -> Extent | None:
    if kind == _DIMENSIONS and len(body) >= 8:
        top, bottom, left, right = struct.unpack_from("<IIHH" if len(body) >= 12 else "<HHHH", body)
        if top > bottom or left > right:
            raise ValueError("a sheet ends before it begins")
        return bottom, right
    if kind not in _CELLS or len(body) < 6:
        return None
    row, column = struct.unpack_from("<HH", body)
    last = struct.unpack_from("<H", body, len(body) - 2)[0] if kind in _SEVERAL else column
    return row + 1, max(column, last) + 1


def extents_of_xlsb(parts: Parts) -> Iterator[Extent]:
    """Yield the size of each sheet; ValueError for a part that is damaged."""
    for name in parts.names:
        if name.startswith("xl/worksheets/") and name.endswith(".bin"):
            with parts.open(name) as stream:
                yield _extent_of_xlsb(stream.read())


def _extent_of_xlsb(data: bytes) -> Extent:
    height = width = place = 0
    while place < len(data):
        kind, place = _number(data, place, 2)
        size, place = _number(data, place, 4)
        if kind <= _LAST_CELL_OF_XLSB and size >= 4:
            (number,) = struct.unpack_from("<I", data.ljust(place + 4, b"\0") if place + 4 > len(data) else data, place)
            if kind == _ROW_OF_XLSB:
                height = max(height, number + 1)
            else:
                width = max(width, number + 1)
        place += size
    return height, width


def _number(data: bytes, place: int, longest: int) -> tuple[int, int]:
    """Return a number of 7 bits a byte, and the place behind it."""
    found = 0
    for shift in range(longest):
        if place >= len(data):
            break
        byte, place = data[place], place + 1
        found |= (byte & 0x7F) << 7 * shift
        if byte < 0x80:
            break
    return found, place


def _records(stream: bytes) -> Iterator[tuple[int, bytes]]:
    place = 0
    while place + 4 <= len(stream):
        kind, size = struct.unpack_from("<HH", stream, place)
        yield kind, stream[place + 4 : place + 4 + size]
        place += 4 + size


def _workbook(content: bytes) -> bytes:
    """Return the stream of the workbook in a compound file."""
    try:
        return _stream(content)
    except struct.error as error:
        raise ValueError("the compound file is cut off") from error


def _stream(content: bytes) -> bytes:
    shift, mini_shift = struct.unpack_from("<HH", content, 30)
    if shift not in (9, 12) or mini_shift != 6:
        raise ValueError("the sectors of the compound file have a wrong size")
    size = 1 << shift
    directory_at, _, least, mini_fat_at, _, more_at, _ = struct.unpack_from("<7I", content, 48)
    sectors = list(struct.unpack_from("<109I", content, 76))
    for sector in _few(content, more_at, size):
        sectors += struct.unpack_from(f"<{size // 4 - 1}I", content, _at(sector, size))
    fat: list[int] = []
    for sector in sectors:
        if sector < _FREE:
            fat += struct.unpack_from(f"<{size // 4}I", content, _at(sector, size))
    directory = _chain(content, fat, directory_at, size, size)
    for start in range(0, len(directory) - _ENTRY + 1, _ENTRY):
        entry = directory[start : start + _ENTRY]
        (length,) = struct.unpack_from("<H", entry, 64)
        if entry[: max(length - 2, 0)].decode("utf-16-le", "replace") in _STREAMS:
            first, stored = struct.unpack_from("<II", entry, 116)
            if stored >= least:
                return _chain(content, fat, first, size, size)[:stored]
            mini = _chain(content, fat, struct.unpack_from("<I", directory, 116)[0], size, size)
            raw = _chain(content, fat, mini_fat_at, size, size)
            mini_fat = list(struct.unpack(f"<{len(raw) // 4}I", raw))
            return _chain(mini, mini_fat, first, 1 << mini_shift, 0)[:stored]
    raise ValueError("the compound file holds no workbook")


def _few(content: bytes, sector: int, size: int) -> Iterator[int]:
    """Yield the sectors that list further ones; each ends with the number of the next."""
    seen: set[int] = set()
    while sector < _FREE and sector not in seen:
        seen.add(sector)
        yield sector
        (sector,) = struct.unpack_from("<I", content, _at(sector, size) + size - 4)


def _chain(data: bytes, fat: list[int], sector: int, size: int, begin: int) -> bytes:
    """Return the bytes of a chain of sectors, which begin at `begin`; ValueError for one that has no end."""
    found: list[bytes] = []
    while sector < _FREE:
        if sector >= len(fat) or len(found) > len(fat):
            raise ValueError("the sectors of the compound file lead nowhere")
        found.append(data[begin + sector * size : begin + (sector + 1) * size])
        sector = fat[sector]
    return b"".join(found)


def _at(sector: int, size: int) -> int:
    return (sector + 1) * size
