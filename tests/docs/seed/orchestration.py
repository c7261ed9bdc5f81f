from spine.orchestration import Workflow, Step, StepResult

def validate_fn(ctx, config):
    count = ctx.get_output("ingest", "record_count", 0)
    if count < 100:
        return StepResult.fail("Too few records")
    return StepResult.ok(output={"validated": True})

workflow = Workflow(
    name="finra.weekly_refresh",
    steps=[
        Step.pipeline("ingest", "finra.otc.ingest_week"),
        Step.lambda_("validate", validate_fn),
        Step.choice("route",
            condition=lambda ctx: ctx.get_output("validate", "validated"),
            then_step="process",
            else_step="reject",
        ),
        Step.pipeline("process", "finra.otc.normalize"),
    ],
)
