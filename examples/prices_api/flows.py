"""Prices of one day from an HTTP API: fetched page by page, given types, captured and checked."""

from datetime import UTC, datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from spine.framework.captures import capture, read_capture
from spine.framework.params import ParamDef, date_format
from spine.framework.pipelines import PipelineResult, pipeline
from spine.framework.sources import source_registry
from spine.orchestration import RetryPolicy, Step, StepResult, Workflow, WorkflowContext, workflow_registry


def resolve_day(params: dict[str, Any]) -> dict[str, Any]:
    """Replace `today` by the date, which the run keeps also when it is resumed tomorrow."""
    return {**params, "day": f"{datetime.now(UTC):%Y-%m-%d}"} if params.get("day") == "today" else params


@pipeline("prices.fetch")
def fetch_prices(params: dict[str, Any]) -> dict[str, Any] | PipelineResult:
    """Fetch all pages of a day and keep their rows, with prices as decimals."""
    fetched = source_registry.get("prices").fetch({"day": params["day"]})
    if not fetched.success:
        raise fetched.error
    if not fetched.metadata.content_changed:
        return PipelineResult.unchanged(f"the prices of {params['day']} are those of the last run")
    rows = fetched.table
    prices = pa.table({"symbol": rows["symbol"], "price": rows["price"].cast(pa.decimal128(18, 2))})
    return {"record_count": capture("prices", prices).row_count}


def check_prices(ctx: WorkflowContext, config: dict[str, Any]) -> StepResult:
    """Fail the run if a price is not above zero."""
    prices = read_capture("prices").table
    wrong = prices.filter(pc.less_equal(prices["price"], 0))["symbol"].to_pylist()
    if wrong:
        return StepResult.fail(f"prices that are not above zero: {', '.join(wrong)}", category="DATA_QUALITY")
    return StepResult.ok(lowest=str(pc.min(prices["price"])), highest=str(pc.max(prices["price"])))


workflow_registry.register(
    Workflow(
        "prices.daily",
        [
            Step.pipeline("fetch", "prices.fetch", retry_policy=RetryPolicy(max_attempts=2, initial_delay_seconds=60)),
            Step.lambda_("check", check_prices),
        ],
        description="Fetch and check the prices of one day.",
        params=[ParamDef("day", str, "the day, as YYYY-MM-DD, or today", default="today", validator=date_format)],
        partition_by=["day"],
        resolve_params=resolve_day,
    )
)
