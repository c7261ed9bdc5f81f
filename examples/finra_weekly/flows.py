"""FINRA's weekly OTC transparency files: ingest, count, check, normalise, summarise."""

from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from spine.framework.alerts import AlertSeverity, send_alert
from spine.framework.captures import capture, read_capture
from spine.framework.params import ParamDef, PipelineSpec
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.rejects import Reject, quarantine
from spine.framework.sources import source_registry
from spine.orchestration import (
    QualityMetrics,
    Step,
    StepResult,
    Weekly,
    Workflow,
    WorkflowContext,
    workflow_registry,
)

SOURCE = "finra.otc.weekly"
RAW = "finra.otc.raw"
NORMALIZED = "finra.otc.normalized"
SUMMARY = "finra.otc.symbol_summary"
TREND = "finra.otc.trend"

MIN_ROWS = 100
MAX_INVALID_SHARE = 0.01

WEEK = PipelineSpec(required_params={"week": ParamDef("week", str, "the date in the file's name, such as 20251215")})


def resolve_week(params: dict[str, Any]) -> dict[str, Any]:
    """Replace `latest` by the week of the newest file."""
    if params.get("week") != "latest":
        return params
    weeks = source_registry.get(SOURCE).placeholder_values("week")
    return {**params, "week": weeks[-1] if weeks else "latest"}


@pipeline("finra.otc.ingest_week", spec=WEEK)
def ingest_week(params: dict[str, Any]) -> dict[str, Any] | PipelineResult:
    """Fetch one week's file and keep its rows as they were delivered."""
    fetched = source_registry.get(SOURCE).fetch({"week": params["week"]})
    if not fetched.success:
        raise fetched.error
    if not fetched.metadata.content_changed:
        return PipelineResult.unchanged(f"the file of week {params['week']} has not changed since the last run")
    raw = capture(RAW, fetched.table)
    return {"record_count": raw.row_count, "sha256": fetched.metadata.content_hash}


def validate(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    """Count the delivered rows, and those that cannot be used."""
    raw = read_capture(RAW).table
    blank = pc.sum(pc.equal(raw["issueSymbolIdentifier"], "")).as_py() or 0
    quality = QualityMetrics(record_count=raw.num_rows, valid_count=raw.num_rows - blank)
    invalid_share = quality.invalid_count / quality.record_count if quality.record_count else 1.0
    delivered = ctx.get_output("count", "rows")
    complete = quality.record_count == delivered
    quality.passed = complete and delivered >= MIN_ROWS and invalid_share <= MAX_INVALID_SHARE
    if not quality.passed:
        quality.failure_reasons.append(f"{quality.record_count} rows of {delivered}, {blank} of them without a symbol")
    return StepResult.ok(
        quality=quality,
        passed=quality.passed,
        rows=raw.num_rows,
        symbols=pc.count_distinct(raw["issueSymbolIdentifier"]).as_py() - (blank > 0),
        blank_symbols=blank,
        shares=pc.sum(raw["totalWeeklyShareQuantity"].cast(pa.int64())).as_py(),
        trades=pc.sum(raw["totalWeeklyTradeCount"].cast(pa.int64())).as_py(),
    )


@pipeline("finra.otc.normalize", spec=WEEK)
def normalize(params: dict[str, Any]) -> dict[str, Any]:
    """Give the columns types and plain names; reject rows without a symbol."""
    raw = read_capture(RAW).table
    blank = pc.equal(raw["issueSymbolIdentifier"], "")
    set_aside = quarantine(
        Reject(
            SOURCE,
            reason="issueSymbolIdentifier is blank",
            raw="|".join(str(value) for name, value in row.items() if name != "line_number"),
            location=f"week {params['week']}",
            line_number=row["line_number"],
        )
        for row in raw.filter(blank).to_pylist()
    )
    rows = raw.filter(pc.invert(blank))
    normalized = pa.table(
        {
            "symbol": rows["issueSymbolIdentifier"],
            "name": rows["issueName"],
            "venue": rows["MPID"],
            "venue_name": rows["marketParticipantName"],
            "shares": rows["totalWeeklyShareQuantity"].cast(pa.int64()),
            "trades": rows["totalWeeklyTradeCount"].cast(pa.int64()),
            "updated": rows["lastUpdateDate"].cast(pa.date32()),
        }
    )
    kept = capture(NORMALIZED, normalized)
    return {"record_count": kept.row_count, "set_aside": set_aside}


@pipeline("finra.otc.summarize", spec=WEEK)
def summarize(params: dict[str, Any]) -> dict[str, Any]:
    """Add up each symbol over its venues, with the share of its largest venue, the most traded first."""
    rows = read_capture(NORMALIZED).table.sort_by([("symbol", "ascending"), ("shares", "descending")])
    by_symbol = rows.group_by("symbol", use_threads=False).aggregate(
        [
            ("name", "first"),
            ("shares", "sum"),
            ("trades", "sum"),
            ("venue", "count"),
            ("venue", "first"),
            ("shares", "first"),
        ]
    )
    summary = pa.table(
        {
            "symbol": by_symbol["symbol"],
            "name": by_symbol["name_first"],
            "shares": by_symbol["shares_sum"],
            "trades": by_symbol["trades_sum"],
            "venues": by_symbol["venue_count"],
            "top_venue": by_symbol["venue_first"],
            "top_venue_share": pc.round(
                pc.divide(by_symbol["shares_first"].cast(pa.float64()), by_symbol["shares_sum"]), 4
            ),
        }
    ).sort_by([("shares", "descending"), ("symbol", "ascending")])
    kept = capture(SUMMARY, summary)
    return {"record_count": kept.row_count, "top_symbol": summary["symbol"][0].as_py()}


def trend(ctx: WorkflowContext, config: dict[str, Any]) -> dict[str, Any]:
    """Add up each week, over all weeks that are there."""
    weeks = read_capture(SUMMARY, partitions="all", columns=["week", "shares", "trades"]).table
    by_week = weeks.group_by("week", use_threads=False).aggregate(
        [("shares", "sum"), ("trades", "sum"), ("shares", "count")]
    )
    kept = capture(TREND, by_week.rename_columns(["week", "shares", "trades", "symbols"]), partition={})
    return {"weeks": kept.row_count}


def reject(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    """Alert the operators that the week cannot be used, and fail the run."""
    found = ctx.get_output("validate")
    message = (
        f"week {ctx.get_param('week')}: {ctx.get_output('ingest', 'record_count')} rows, "
        f"{found['blank_symbols']} of them without a symbol"
    )
    send_alert(AlertSeverity.ERROR, "FINRA week rejected", message, source=SOURCE)
    return StepResult.fail(message, category="DATA_QUALITY")


workflow_registry.register(
    Workflow(
        name="finra.weekly_refresh",
        description="Ingest one week of FINRA's OTC transparency data and summarise it by symbol.",
        domain="finra.otc_transparency",
        params=[ParamDef("week", str, "the date in the file's name, such as 20251215", default="latest")],
        partitions=Weekly("week", format="%Y%m%d", start="2025-12-15"),
        resolve_params=resolve_week,
        steps=[
            Step.pipeline("ingest", "finra.otc.ingest_week"),
            Step.command("count", ["sh", "count_rows.sh", "data/finra_otc_weekly_otc_{week}.csv"], output="json"),
            Step.lambda_("validate", validate),
            Step.choice(
                "route",
                condition=lambda ctx: ctx.get_output("validate", "passed"),
                then_step="process",
                else_step="reject",
            ),
            Step.pipeline("process", "finra.otc.normalize"),
            Step.pipeline("summarize", "finra.otc.summarize"),
            Step.load("load", capture=SUMMARY, database="warehouse", table="symbol_summary", mode="replace_partition"),
            Step.lambda_("reject", reject),
        ],
    )
)

workflow_registry.register(
    Workflow(
        name="finra.trend",
        description="Compare the weeks. It is stale when a week was corrected: spine run --stale",
        domain="finra.otc_transparency",
        steps=[Step.lambda_("trend", trend)],
    )
)
