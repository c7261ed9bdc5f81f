"""What a sheet holds arrives as it is, or is refused with the cell or sheet that is wrong."""

from __future__ import annotations

import struct
import zipfile
from datetime import date, datetime, time, timedelta
from random import Random

import pytest
import xlwt

from spine.core.errors import ParseError
from spine_sources_excel.source import ExcelSource


def _rows(path, **options):
    return ExcelSource("book", path, **options).fetch().to_result().unwrap()


def _error(path, **options):
    result = ExcelSource("book", path, **options).fetch()
    assert isinstance(result.error, ParseError), result
    return str(result.error)


def test_dates_times_durations_numbers_and_booleans_have_their_types(save):
    row = [datetime(2026, 1, 2, 3, 4, 5), date(2026, 1, 2), time(3, 4), timedelta(hours=30), 7, 1.5, True, "x"]
    names = ["at", "day", "time", "took", "n", "share", "ok", "text"]
    found = _rows(save(names, row))[0]
    assert list(found.values()) == row
    assert [type(value) for value in found.values()] == [type(value) for value in row]


def test_a_midnight_beside_other_times_is_a_datetime(save):
    rows = _rows(save(["at"], [datetime(2026, 1, 2, 3)], [datetime(2026, 1, 3)]))
    assert [row["at"] for row in rows] == [datetime(2026, 1, 2, 3), datetime(2026, 1, 3)]


def test_a_column_with_one_fraction_is_floats(save):
    rows = _rows(save(["n"], [1], [2.5]))
    assert [(type(row["n"]), row["n"]) for row in rows] == [(float, 1.0), (float, 2.5)]


def test_a_number_shown_as_007_is_7(save):
    path = save(["code"], [7], finish=lambda sheet: setattr(sheet["A2"], "number_format", "000"))
    assert _rows(path) == [{"code": 7}]


@pytest.mark.parametrize(
    "options", [{"range": "B3:C4"}, {"range": "b3:c4", "sheet": "Data"}, {"range": "B3:C4", "sheet": 1}]
)
def test_a_range_is_read_from_its_header_to_its_last_row(save, options):
    path = save(["Report"], [], [None, "a", "b", "c"], [None, 1, 2, 3], [None, "Total", 2, 3])
    assert _rows(path, **options) == [{"a": 1, "b": 2}]


def test_a_range_without_a_last_row_reads_to_the_end(save):
    path = save([None, "a"], [None, 1], [None, 2])
    assert _rows(path, range="B1:B") == [{"a": 1}, {"a": 2}]


def test_merged_cells_of_several_header_rows_name_each_column(save):
    path = save(
        ["id", "price", None], [None, "open", "close"], [1, 2, 3], finish=lambda sheet: sheet.merge_cells("B1:C1")
    )
    assert _rows(path, header_rows=2) == [{"id": 1, "price open": 2, "price close": 3}]


def test_a_name_that_a_merged_header_cell_gave_is_reported_with_the_columns_own(save):
    path = save(["id", "price", None], [None, "open", "close"], [1, 2, 3], finish=lambda s: s.merge_cells("B1:C1"))
    result = ExcelSource("book", path, header_rows=2).fetch()
    assert result.metadata.renamed_columns == {"price close": "close"}


def test_columns_below_one_merged_cell_are_told_apart_and_reported(save):
    path = save(["price", None], [1, 2], finish=lambda sheet: sheet.merge_cells("A1:B1"))
    result = ExcelSource("book", path).fetch()
    assert result.data == [{"price": 1, "price_2": 2}]
    assert result.metadata.renamed_columns == {"price_2": "price"}


def test_an_error_cell_is_refused_by_name_or_null_by_option(save):
    path = save(["a", "b"], [1, "#DIV/0!"], finish=lambda sheet: setattr(sheet["B2"], "data_type", "e"))
    assert "cell B2 holds the error #DIV/0!" in _error(path)
    assert _rows(path, error_cells="null") == [{"a": 1, "b": None}]
    assert _rows(path, range="A1:A2") == [{"a": 1}]


def test_a_text_that_looks_like_an_error_is_text(save):
    path = save(["a"], ["#N/A"], finish=lambda sheet: setattr(sheet["A2"], "data_type", "s"))
    assert _rows(path) == [{"a": "#N/A"}]


def test_a_column_with_values_and_no_name_is_refused(save):
    assert "the column below B1 has values and no name" in _error(save(["a", None], [1, 2]))


@pytest.mark.parametrize("rows", [[], [["a"]]])
def test_a_sheet_without_rows_is_refused(save, rows):
    assert "sheet 'Data' has no rows below its header" in _error(save(*rows))


def test_a_header_without_rows_is_accepted_by_option(save):
    assert _rows(save(["a"]), allow_empty=True) == []


def test_a_hidden_sheet_is_read(save):
    def hide(sheet):
        sheet.parent.create_sheet("Other")
        sheet.sheet_state = "hidden"

    assert _rows(save(["a"], [1], finish=hide), sheet="Data") == [{"a": 1}]


def test_a_sheet_that_is_not_there_or_has_no_cells_is_refused(save):
    path = save(["a"], [1], finish=lambda sheet: sheet.parent.create_chartsheet("Chart"))
    assert "has no sheet 'Dat'; did you mean 'Data'?" in _error(path, sheet="Dat")
    assert "has no sheet 9: it has 2, 'Data', 'Chart'" in _error(path, sheet=9)
    assert "sheet 'Chart' is a chart or a macro" in _error(path, sheet="Chart")


def test_a_workbook_with_a_password_is_refused_in_one_sentence(tmp_path):
    path = tmp_path / "secret.xlsx"
    path.write_bytes(
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le") + bytes(600)
    )
    assert _error(path) == f"{path} is protected with a password: save a copy without one and read that"


def test_a_stray_cell_far_away_is_refused_before_the_sheet_takes_memory(save):
    path = save(["a"], [1], finish=lambda sheet: sheet.cell(1_048_576, 16_384, 1))
    assert "spans 17,179,869,184 cells, more than 20,000,000" in _error(path)


def test_a_sheet_whose_name_has_other_capital_letters_is_bounded_too(save):
    path = save(["a"], [1], finish=lambda sheet: sheet.cell(1_048_576, 16_384, 1))
    path.write_bytes(path.read_bytes().replace(b"xl/worksheets/sheet1.xml", b"xl/worksheets/SHEET1.xml"))
    assert "spans 17,179,869,184 cells, more than 20,000,000" in _error(path)


def _share(path, texts, cells):
    """Give a workbook of one column the shared texts, and below its header cells that refer to them by number."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name).decode() for name in archive.namelist()}
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>{text}</v></c></row>' for n, text in enumerate(cells, start=2))
    sheet = "xl/worksheets/sheet1.xml"
    parts[sheet] = parts[sheet].replace("</sheetData>", f"{rows}</sheetData>")
    items = "".join(f"<si><t>{text}</t></si>" for text in texts)
    parts["xl/sharedStrings.xml"] = (
        f'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">{items}</sst>'
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def test_a_long_text_that_many_cells_share_is_refused(save):
    path = _share(save([1]), ["x" * 30_000], [0] * 100)
    assert "with its repeated texts, has more than 1,000,000 bytes" in _error(path, max_bytes=1_000_000)
    assert len(_rows(path, max_bytes=3_100_000)) == 100


def test_a_long_text_counts_for_the_cells_that_refer_to_it(save):
    path = _share(save([1]), ["x" * 30_000, *(f"text {number}" for number in range(200))], range(201))
    assert [row["1"] for row in _rows(path, max_bytes=1_000_000)][1:] == [f"text {number}" for number in range(200)]


def test_two_parts_of_one_name_are_refused(save):
    path = save(["a"], [1])
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("xl/worksheets/Sheet1.xml", "<worksheet/>")
    assert "it has two parts called 'xl/worksheets/Sheet1.xml'" in _error(path)


def test_a_zip_bomb_is_refused_by_its_declared_size(tmp_path):
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", bytes(2_000_000))
    assert "has more than 1,000,000 bytes" in _error(path, max_bytes=1_000_000)


def test_a_bomb_that_declares_a_small_size_is_refused(save):
    path = save(["a"], [1])
    content = bytearray(path.read_bytes())
    entry = content.index(b"PK\x01\x02")
    content[entry + 24 : entry + 28] = (1).to_bytes(4, "little")
    path.write_bytes(content)
    assert "is damaged or incomplete" in _error(path)


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"PK\x03\x04 cut", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 cut"])
def test_what_is_no_workbook_is_refused(tmp_path, content):
    path = tmp_path / "book.xlsx"
    path.write_bytes(content)
    assert str(path) in _error(path)


SPACES = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
)
NUMBERS = '<table:table-cell office:value-type="float" office:value="3"/>'
ODS = (
    f'<?xml version="1.0"?><office:document-content {SPACES}><office:body><office:spreadsheet>'
    '<table:table table:name="Data"><table:table-row><table:table-cell office:value-type="string"><text:p>n</text:p>'
    f'</table:table-cell></table:table-row><table:table-row table:number-rows-repeated="40">{NUMBERS}</table:table-row>'
    "</table:table></office:spreadsheet></office:body></office:document-content>"
)
READ_AS_NULL = (
    "{path}, sheet 'Data': an error such as #N/A is read as null in this kind of workbook; save it as .xlsx to have "
    'errors refused, or accept nulls with error_cells = "null"'
)
MANIFEST = '<?xml version="1.0"?><m:manifest xmlns:m="urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"/>'


def _save_ods(path, content):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("META-INF/manifest.xml", MANIFEST)
        archive.writestr("content.xml", content)
    return path


def test_an_ods_file_is_read_within_the_limit_on_cells(tmp_path):
    path = _save_ods(tmp_path / "book.ods", ODS)
    assert _rows(path) == [{"n": 3}] * 40
    assert "spans 41 cells, more than 40" in _error(path, max_cells=40)


def test_an_ods_file_that_repeats_its_cells_is_refused_before_it_is_opened(tmp_path):
    many = NUMBERS.replace("<table:table-cell", '<table:table-cell table:number-columns-repeated="16000"')
    path = _save_ods(tmp_path / "many.ods", ODS.replace(NUMBERS, many).replace('"40"', '"1000000"'))
    assert "many.ods spans 16,000,000,001 cells, more than 20,000,000" in _error(path)
    text = '<table:table-cell office:value-type="string"><text:p>' + "x" * 100_000 + "</text:p></table:table-cell>"
    path = _save_ods(tmp_path / "texts.ods", ODS.replace(NUMBERS, text).replace('"40"', '"1000000"'))
    assert "texts.ods, with its repeated texts, has more than 268,435,456 bytes" in _error(path)


def test_an_xls_file_is_read_and_says_what_its_errors_become(tmp_path):
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Data")
    for column, (name, value) in enumerate({"n": 3, "text": "ö", "ok": True}.items()):
        sheet.write(0, column, name)
        sheet.write(1, column, value)
    sheet.write(0, 3, "wrong")
    sheet.row(1).set_cell_error(3, "#DIV/0!")
    path = tmp_path / "book.xls"
    workbook.save(str(path))
    result = ExcelSource("book", path).fetch()
    assert result.data == [{"n": 3, "text": "ö", "ok": True, "wrong": None}]
    assert result.metadata.warnings == [READ_AS_NULL.format(path=path)]
    assert ExcelSource("book", path, error_cells="null").fetch().metadata.warnings == []


def _record(kind: int, content: bytes = b"") -> bytes:
    """Return a record of an .xlsb part, as [MS-XLSB] 2.1.4 defines it."""
    number = bytes([kind]) if kind < 0x80 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return number + bytes([len(content)]) + content


def _wide(text: str) -> bytes:
    return len(text).to_bytes(4, "little") + text.encode("utf-16-le")


def _cell(kind: int, column: int, content: bytes) -> bytes:
    return _record(kind, column.to_bytes(4, "little") + bytes(4) + content)


def test_an_xlsb_file_is_read_and_says_what_its_errors_become(tmp_path):
    bundle = bytes(4) + (1).to_bytes(4, "little") + _wide("rId1") + _wide("Data")
    book = _record(0x83) + _record(0x8F) + _record(0x9C, bundle) + _record(0x90) + _record(0x84)
    header, row = _record(0, bytes(17)), _record(0, (1).to_bytes(4, "little") + bytes(13))
    names = _cell(6, 0, _wide("n")) + _cell(6, 1, _wide("wrong"))
    values = _cell(5, 0, struct.pack("<d", 3)) + _cell(3, 1, bytes([0x2A]))
    area = bytes(4) + (1).to_bytes(4, "little") + bytes(4) + (1).to_bytes(4, "little")
    sheet = _record(0x81) + _record(0x94, area) + _record(0x91) + header + names + row + values + _record(0x92)
    path = tmp_path / "book.xlsb"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", book)
        archive.writestr("xl/worksheets/sheet1.bin", sheet + _record(0x82))
        archive.writestr(
            "xl/_rels/workbook.bin.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="rId1" Target="worksheets/sheet1.bin" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet"/></Relationships>',
        )
    result = ExcelSource("book", path).fetch()
    assert (result.error, result.data) == (None, [{"n": 3, "wrong": None}])
    assert result.metadata.warnings == [READ_AS_NULL.format(path=path)]


def test_without_a_hash_the_time_of_the_file_decides_whether_it_changed(save):
    source = ExcelSource("book", save(["a"], [1]))
    metadata = source.fetch().metadata
    assert not source.has_changed(last_modified=metadata.last_modified)
    assert source.has_changed(last_modified="2001-01-01T00:00:00+00:00")
    assert source.has_changed()


def _xls(path, rows=30):
    workbook = xlwt.Workbook()
    sheet = workbook.add_sheet("Data")
    for row in range(rows):
        sheet.write(row, 0, "name" if row == 0 else row)
    workbook.save(str(path))
    return path.read_bytes()


def test_an_xls_file_whose_cells_are_far_away_is_refused_before_it_is_opened(tmp_path):
    path = tmp_path / "book.xls"
    content = _xls(path)
    number = bytes.fromhex("7e020a00 0100 0000")  # RK, the cell in the second row
    assert content.count(number) == 1
    path.write_bytes(content.replace(number, bytes.fromhex("7e020a00 ffff ffff")))
    assert "book.xls spans 4,294,967,296 cells, more than 20,000,000" in _error(path)


def test_an_xls_file_that_states_a_wrong_size_of_its_sheet_is_refused(tmp_path):
    path = tmp_path / "book.xls"
    content = _xls(path)
    size = bytes.fromhex("00020e00 00000000 1e000000")  # DIMENSIONS of 30 rows
    assert content.count(size) == 1
    path.write_bytes(content.replace(size, bytes.fromhex("00020e00 00001e00 1e000000")))
    assert "a sheet ends before it begins" in _error(path)


@pytest.mark.slow
def test_a_large_xls_file_is_read(tmp_path):
    path = tmp_path / "book.xls"
    _xls(path, 60_000)
    assert [row["name"] for row in _rows(path)] == list(range(1, 60_000))


@pytest.mark.parametrize("seed", range(40))
def test_an_xls_file_with_flipped_bytes_gives_rows_or_a_typed_error(tmp_path, seed):
    path, random = tmp_path / "book.xls", Random(seed)
    content = bytearray(_xls(path))
    for _ in range(4):
        content[random.randrange(len(content))] = random.choice((0, 1, 0x7F, 0x80, 0xFF))
    path.write_bytes(content)
    result = ExcelSource("book", path).fetch()
    assert result.success or isinstance(result.error, ParseError)


def test_an_xlsb_file_whose_cells_are_far_away_is_refused(tmp_path):
    path = tmp_path / "book.xlsb"
    sheet = _record(0, (0xFFFFF).to_bytes(4, "little") + bytes(13)) + _cell(2, 0x3FFF, bytes(4))
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/workbook.bin", b"")
        archive.writestr("xl/worksheets/sheet1.bin", sheet)
    assert "book.xlsb spans 17,179,869,184 cells, more than 20,000,000" in _error(path)
