"""The main job on FINRA's three real weekly files."""

from __future__ import annotations

import subprocess
from hashlib import sha256
from typing import Any

import pytest

from spine.core.adapters.database import get_adapter
from tests.projects import SPINE, Project, clean_environ, run

STEPS = ["ingest", "count", "validate", "route", "process", "summarize", "load", "reject"]
TOTALS = {
    "20251215": (5328, 3111, 0, 1335995901, 472776),
    "20251222": (5192, 2985, 0, 943802893, 497191),
    "20251229": (4655, 2714, 1, 997402636, 309889),
}


def _run(project: Project, week: str, *more: str) -> dict[str, Any]:
    outcome = project.call("run", "finra.weekly_refresh", "-p", f"week={week}", "--json", *more)
    assert outcome.code == 0, outcome.err
    return outcome.json


def _outputs(result: dict[str, Any]) -> dict[str, Any]:
    return {step["step_name"]: step["output"] for step in result["steps"]}


@pytest.mark.parametrize("week", TOTALS)
def test_the_totals_of_a_week_are_reproduced(finra: Project, week: str) -> None:
    rows, symbols, blank, shares, trades = TOTALS[week]
    result = _run(finra, week)
    outputs = _outputs(result)
    assert (result["status"], result["outcome"]) == ("COMPLETED", None)
    assert result["skipped_steps"] == ["reject"]
    assert outputs["ingest"]["record_count"] == rows
    found = outputs["validate"]
    assert (found["symbols"], found["blank_symbols"], found["shares"], found["trades"]) == (
        symbols,
        blank,
        shares,
        trades,
    )
    assert (outputs["process"]["record_count"], outputs["process"]["set_aside"]) == (rows - blank, blank)
    assert outputs["summarize"]["record_count"] == symbols

    summary = finra.call(
        "captures", "read", "finra.otc.symbol_summary", "-p", f"week={week}", "-n", "9999", "--json"
    ).json
    assert len(summary) == symbols
    left = finra.call("captures", "read", "finra.otc.normalized", "-p", f"week={week}", "-n", "9999", "--json").json
    assert sum(row["shares"] for row in summary) == sum(row["shares"] for row in left)
    if not blank:
        assert (sum(row["shares"] for row in summary), sum(row["trades"] for row in summary)) == (shares, trades)


@pytest.mark.slow
def test_a_second_run_is_unchanged_and_skips_the_rest(finra: Project) -> None:
    for week in TOTALS:
        _run(finra, week)
    for week in TOTALS:
        outcome = finra.run("run", "finra.weekly_refresh", "-p", f"week={week}", "--json")
        result = outcome.json
        assert (outcome.code, result["status"], result["outcome"]) == (0, "COMPLETED", "unchanged")
        assert (result["completed_steps"], result["skipped_steps"]) == (STEPS[:1], STEPS[1:])
    assert {row["revision"] for row in finra.call("captures", "list", "--json").json} == {1}
    shown = finra.call("runs", "show", "latest", "--json").json
    assert [step["status"] for step in shown["steps"]] == ["COMPLETED"] + ["SKIPPED"] * 7
    assert [fetch["status"] for fetch in shown["fetches"]] == ["UNCHANGED"]


def test_refreshing_runs_everything_again_and_equal_content_makes_no_revision(finra: Project) -> None:
    _run(finra, "20251215")
    result = _run(finra, "20251215", "--refresh")
    assert result["completed_steps"] == STEPS[:7]
    assert {row["revision"] for row in finra.call("captures", "list", "--json").json} == {1}


def test_a_corrected_file_is_processed_again_as_a_second_revision(finra: Project) -> None:
    _run(finra, "20251215")
    path = finra.root / "data/finra_otc_weekly_otc_20251215.csv"
    path.write_text(path.read_text().replace("|1000|", "|1001|"))
    assert _run(finra, "20251215")["outcome"] is None
    revisions = finra.call("captures", "list", "finra.otc.raw", "--json").json
    assert [row["revision"] for row in revisions] == [1, 2]


@pytest.mark.slow
def test_a_corrected_week_is_a_second_revision_that_is_compared_traced_and_makes_the_trend_stale(
    finra: Project,
) -> None:
    for week in TOTALS:
        _run(finra, week)
    assert finra.call("run", "finra.trend").code == 0
    assert finra.call("captures", "stale", "--json").json == []
    path = finra.root / "data/finra_otc_weekly_otc_20251215.csv"
    lines = path.read_text().splitlines(keepends=True)
    for number in (100, 2000):
        cells = lines[number].split("|")
        cells[5] = str(int(cells[5]) + 7)
        lines[number] = "|".join(cells)
    path.write_text("".join(lines))
    [before] = finra.call("captures", "list", "finra.otc.symbol_summary", "--json").json[:1]
    _run(finra, "20251215")

    week = ("-p", "week=20251215")
    key = ("--key", "symbol", "--key", "venue")
    found = finra.call("captures", "diff", "finra.otc.normalized", *week, *key, "--json").json
    edited = [(lines[number].split("|")[1], int(lines[number].split("|")[5])) for number in (100, 2000)]
    assert (found["added"], found["removed"], found["changed"], found["schema"]) == (0, 0, 2, [])
    assert [(row["symbol"], row["shares"]) for row in found["samples"]["changed"]] == [
        (symbol, [shares - 7, shares]) for symbol, shares in edited
    ]
    summary = ("captures", "read", "finra.otc.symbol_summary", *week, "-n", "9999", "--json")
    then = sum(row["shares"] for row in finra.call(*summary, "--as-of", before["captured_at"]).json)
    assert then == TOTALS["20251215"][3]
    assert sum(row["shares"] for row in finra.call(*summary).json) == then + 14

    [stale] = finra.call("captures", "stale", "--json").json
    assert (stale["name"], stale["inputs"][0]["partition"]) == ("finra.otc.trend", {"week": "20251215"})
    assert finra.call("run", "--stale").code == 0
    assert finra.call("captures", "stale", "--json").json == []
    trend = finra.call("captures", "read", "finra.otc.trend", "--json").json
    assert {row["week"]: row["shares"] for row in trend}["20251215"] == then + 14
    query = "SELECT week, sum(shares) AS shares, count(*) AS rows FROM symbol_summary GROUP BY week ORDER BY week"
    with get_adapter("sqlite", path=finra.root / ".spine" / "warehouse.db") as warehouse:
        loaded = [tuple(row.values()) for row in warehouse.query(query)]
    assert [row[0] for row in loaded] == sorted(TOTALS)
    assert loaded[0][1:] == (then + 14, TOTALS["20251215"][1])
    nodes = finra.call("captures", "lineage", "finra.otc.trend", "--json").json["nodes"]
    fetched = {node["content_hash"] for node in nodes if node["kind"] == "fetch"}
    assert sha256(path.read_bytes()).hexdigest() in fetched
    down = finra.call("captures", "lineage", "finra.otc.raw", *week, "--down", "--json").json["nodes"]
    assert [node["table"] for node in down if node["kind"] == "table"] == ["warehouse.symbol_summary"]


def test_latest_is_the_newest_file_and_the_partition_is_its_date(finra: Project) -> None:
    result = _run(finra, "latest")
    assert result["params"]["week"] == result["partition"]["week"] == "20251229"
    assert _run(finra, "20251229")["outcome"] == "unchanged"


def test_the_row_without_a_symbol_is_set_aside_with_its_line(finra: Project) -> None:
    _run(finra, "20251229")
    (reject,) = finra.call("runs", "show", "latest", "--json").json["rejects"]
    lines = (finra.root / "data/finra_otc_weekly_otc_20251229.csv").read_text().splitlines()
    assert reject["reason"] == "issueSymbolIdentifier is blank"
    assert lines[reject["line_number"] - 1] == reject["raw"]


def test_a_week_that_cannot_be_used_is_rejected_with_one_alert_and_exit_1(finra: Project) -> None:
    path = finra.root / "data/finra_otc_weekly_otc_20251215.csv"
    path.write_text("\n".join(path.read_text().splitlines()[:50]))
    outcome = finra.call("run", "finra.weekly_refresh", "-p", "week=20251215", "--json")
    assert outcome.code == 1
    result = outcome.json
    assert (result["status"], result["error_step"], result["error_category"]) == ("FAILED", "reject", "DATA_QUALITY")
    assert outcome.err.count("[ERROR]") == 1
    assert "FINRA week rejected" in outcome.err


@pytest.mark.slow
def test_a_week_passes_its_contract_and_a_repeated_row_breaks_it(finra: Project) -> None:
    _run(finra, "20251229")
    assert "\nquality\n7 checks passed\n" in finra.call("runs", "show", "latest").out
    path = finra.root / "data/finra_otc_weekly_otc_20251222.csv"
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines, lines[1]]))
    outcome = finra.call("run", "finra.weekly_refresh", "-p", "week=20251222", "--json")
    result = outcome.json
    assert (outcome.code, result["error_step"], result["error_category"]) == (1, "process", "DATA_QUALITY")
    said = 'breaks contract \'finra.otc.normalized\': unique(symbol, venue): 1 of 5,193 rows, such as {"symbol": "'
    assert said in result["error"]
    assert outcome.err.count("[ERROR]") == 1


def test_a_missing_week_is_one_clear_failure(finra: Project) -> None:
    outcome = finra.call("run", "finra.weekly_refresh", "-p", "week=20260105")
    assert outcome.code == 1
    assert "ingest  FAILED: " in outcome.out
    assert "finra_otc_weekly_otc_20260105.csv does not exist" in outcome.out


@pytest.mark.slow
def test_the_demo_prints_a_summary_of_weeks_fills_the_missing_one_and_shows_the_top_ten(finra: Project) -> None:
    for expected, states, filled in (
        ("COMPLETED in", "2 completed, 1 missing", "1 of 1 partitions done"),
        ("COMPLETED (unchanged) in", "2 unchanged, 1 completed", "nothing to run"),
    ):
        done = subprocess.run(
            [str(finra.root / "demo.sh"), SPINE], env=clean_environ(), capture_output=True, text=True, check=True
        )
        assert done.stdout.count(expected) == 2
        assert f"3 partitions: {states}" in done.stdout
        assert filled in done.stdout
        table = done.stdout.partition("Top ten")[2].splitlines()
        assert len(table[: table.index("")]) == 12
        upcoming = done.stdout.partition("When it runs by itself")[2].splitlines()[:5]
        assert all(" 06:00:00 E" in row for row in upcoming[2:])  # New York's, in winter and in summer
        assert table[2].split()[0] == "HMBL"
    assert run("runs", "list", "--json", cwd=finra.root).json[0]["outcome"] == "unchanged"
    commands = [line for line in done.stdout.partition(f"in {finra.root}. Look around:")[2].splitlines() if line]
    followed = subprocess.run(
        ["sh", "-ec", "\n".join(commands)], cwd="/", env=clean_environ(), capture_output=True, text=True, check=True
    )
    assert len(commands) == 6
    assert f"{finra.root}/.spine/captures/finra.otc.symbol_summary/" in followed.stdout
