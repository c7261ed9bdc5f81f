"""Trades and symbols from two sources, captured, and loaded into tables of the project's own database."""

from typing import Any

from spine.framework.captures import capture, read_capture
from spine.framework.params import ParamDef
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.sources import source_registry
from spine.orchestration import Step, StepResult, Workflow, WorkflowContext, workflow_registry
from spine.project import current_project

# Amounts are cents, as SQLite has no decimal numbers; the statements are the same on SQLite and PostgreSQL.
TABLES = (
    "CREATE TABLE IF NOT EXISTS symbols (symbol TEXT PRIMARY KEY, name TEXT NOT NULL, currency TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS trades (trade BIGINT PRIMARY KEY, day TEXT NOT NULL, symbol TEXT NOT NULL,"
    " shares BIGINT NOT NULL, cents BIGINT NOT NULL)",
)
POSITIONS = """
    SELECT trades.symbol, symbols.name, symbols.currency,
           CAST(SUM(trades.shares) AS BIGINT) AS shares, CAST(SUM(trades.shares * trades.cents) AS BIGINT) AS cents
    FROM trades JOIN symbols ON symbols.symbol = trades.symbol
    WHERE trades.day <= ?
    GROUP BY trades.symbol, symbols.name, symbols.currency
    ORDER BY trades.symbol
"""


def latest_day(params: dict[str, Any]) -> dict[str, Any]:
    """Replace `latest` by the day of the newest file of trades."""
    if params["day"] != "latest":
        return params
    days = source_registry.get("trades").placeholder_values("day")
    return {**params, "day": days[-1]} if days else params


def fetch(source: str, params: dict[str, Any]) -> dict[str, Any] | PipelineResult:
    """Fetch a source and capture its rows, unless it is unchanged since the last run of this day."""
    fetched = source_registry.get(source).fetch(params)
    if not fetched.success:
        raise fetched.error
    if not fetched.metadata.content_changed:
        return PipelineResult.unchanged(f"the {source} are those of the last run")
    return {"record_count": capture(source, fetched.table).row_count}


@pipeline("warehouse.trades")
def fetch_trades(params: dict[str, Any]) -> dict[str, Any] | PipelineResult:
    """Fetch the trades of a day."""
    return fetch("trades", {"day": params["day"]})


@pipeline("warehouse.symbols")
def fetch_symbols(params: dict[str, Any]) -> dict[str, Any] | PipelineResult:
    """Fetch the names and currencies of the symbols."""
    return fetch("symbols", {})


def load(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    """Merge the symbols, and replace the trades of the day, in one transaction.

    With `fence`, it commits only while no other process has taken over this run.
    """
    day, database = ctx.get_param("day"), current_project().database
    symbols = read_capture("symbols").data
    trades = [
        {
            "trade": row["trade"],
            "day": day,
            "symbol": row["symbol"],
            "shares": row["shares"],
            "cents": int(row["price"] * 100),
        }
        for row in read_capture("trades").data
    ]
    with database.transaction(fence=ctx) as connection:
        for statement in TABLES:
            connection.execute(statement)
        database.upsert("symbols", symbols, key="symbol")
        connection.execute("DELETE FROM trades WHERE day = ?", (day,))
        database.insert_many("trades", trades)
    return StepResult.ok(symbols=len(symbols), trades=len(trades))


def report(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    """Capture the positions at the end of the day, which a query of the tables gives."""
    positions = current_project().database.query(POSITIONS, (ctx.get_param("day"),))
    return StepResult.ok(positions=capture("positions", positions).row_count)


workflow_registry.register(
    Workflow(
        "warehouse.daily",
        [
            Step.pipeline("trades", "warehouse.trades"),
            Step.pipeline("symbols", "warehouse.symbols"),
            Step.lambda_("load", load),
            Step.lambda_("report", report),
        ],
        description="Load the trades of one day and the symbols, and report the positions.",
        params=[ParamDef("day", str, "the day of the trades, such as 2026-01-05, or latest", default="latest")],
        partition_by=["day"],
        resolve_params=latest_day,
    )
)
