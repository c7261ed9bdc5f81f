"""FINRA's real weekly files, and the four fixtures with one defect each."""

from __future__ import annotations

import csv

import pytest

from spine.core.errors import ParseError
from spine.core.hashing import hash_file
from spine_sources_file.source import FileSource


@pytest.mark.parametrize(
    ("week", "rows", "symbols", "shares", "trades"),
    [
        ("20251215", 5_328, 3_111, 1_335_995_901, 472_776),
        ("20251222", 5_192, 2_985, 943_802_893, 497_191),
        ("20251229", 4_655, 2_715, 997_402_636, 309_889),
    ],
)
def test_the_weekly_totals(finra, week, rows, symbols, shares, trades):
    source = FileSource("finra", finra / "finra_otc_weekly_otc_{week}.csv", format="psv")
    result = source.fetch({"week": week})
    assert len(result) == rows
    assert len({row["issueSymbolIdentifier"] for row in result.data}) == symbols
    assert sum(int(row["totalWeeklyShareQuantity"]) for row in result.data) == shares
    assert sum(int(row["totalWeeklyTradeCount"]) for row in result.data) == trades
    file = finra / f"finra_otc_weekly_otc_{week}.csv"
    assert result.metadata.content_hash == hash_file(file)
    with file.open(newline="") as lines:
        assert result.data == list(csv.DictReader(lines, delimiter="|"))
    assert [row for batch in source.stream({"week": week}, batch_size=999) for row in batch] == result.data


def test_all_weeks_in_one(finra):
    source = FileSource("finra", finra / "finra_otc_weekly_otc_*.csv", format="psv")
    assert len(source.fetch()) == 5_328 + 5_192 + 4_655


def test_the_weeks_there_are(finra):
    source = FileSource("finra", finra / "finra_otc_weekly_otc_{week}.csv", format="psv")
    assert source.placeholder_values("week") == ["20251215", "20251222", "20251229"]


def test_the_row_with_a_blank_symbol_is_found_by_its_line(finra):
    source = FileSource("finra", finra / "finra_otc_weekly_otc_20251229.csv", format="psv", line_column="line")
    blank = [row for row in source.fetch().data if not row["issueSymbolIdentifier"]]
    assert [(row["line"], row["MPID"], row["totalWeeklyShareQuantity"]) for row in blank] == [(4656, "PPEX", "1")]


def test_the_suffix_alone_misleads_and_the_error_says_what_to_try(finra):
    error = FileSource("finra", finra / "finra_otc_weekly_otc_20251215.csv").fetch().error
    assert isinstance(error, ParseError)
    assert "2 fields where the header has 1; is the delimiter '|'?" in str(error)


HEADER = "Symbol|Venue|Date|TotalWeeklyShareVolume|TotalWeeklyTrades|AverageDailyShareVolume|AverageTradeSize"


def test_comments_before_the_header_are_passed_over_and_a_row_with_commas_is_named(data):
    rows = ["AAPL|NASDAQ|2025-12-19|1|2|3|4", "AAPL,NYSE,2025-12-19,1,2,3,4", "MSFT||2025-12-19|0|2||4"]
    text = "\n".join(["# one", "# two", "# three", HEADER, *rows, ""])
    (data / "x.psv").write_text(text)
    error = FileSource("s", "x.psv", comment="#").fetch().error
    assert str(error) == "x.psv, line 6: 1 field where the header has 7; correct or remove that line"
    (data / "x.psv").write_text(text.replace("AAPL,NYSE,2025-12-19,1,2,3,4\n", ""))
    found = FileSource("s", "x.psv", comment="#", line_column="line").fetch().data
    assert [(row["line"], row["Venue"]) for row in found] == [(5, "NASDAQ"), (6, "")]
