"""The jobs of a crontab as two workflows; the scripts stay as they are."""

from datetime import UTC, datetime
from typing import Any

from spine.orchestration import RetryPolicy, Step, Workflow, workflow_registry


def resolve_day(params: dict[str, Any]) -> dict[str, Any]:
    """Replace `today` by the date, which the run keeps also when it is resumed tomorrow."""
    return {**params, "day": f"{datetime.now(UTC):%Y-%m-%d}"} if params.get("day") == "today" else params


workflow_registry.register(
    Workflow(
        "prices",
        [
            Step.command(
                "fetch",
                ["jobs/fetch.sh", "{day}"],
                output="json",
                retry_codes=[75],
                retry_policy=RetryPolicy(max_attempts=3, initial_delay_seconds=1),
                timeout=600,
            ),
            Step.command("check", ["jobs/check.sh", "{fetch.file}"]),
            Step.command("load", ["jobs/load.py", "{day}", "{fetch.file}"], output="json"),
        ],
        defaults={"day": "today"},
        partition_by=["day"],
        resolve_params=resolve_day,
    )
)
workflow_registry.register(
    Workflow("clean_up", [Step.command("remove", ["jobs/clean_up.sh", "{days}"])], defaults={"days": 28})
)
