"""The rules of parallel steps; the docstrings are the table of docs/workflows.md."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from spine.core.errors import ParseError, ValidationError
from spine.orchestration import Step, Workflow
from tests.projects import DEADLINE_SECONDS


def fail(ctx: Any, config: Any) -> None:
    raise ParseError("broken")


def test_side_by_side(run: Any) -> None:
    """The branches run at the same time, each step after step."""
    meeting = threading.Barrier(2, timeout=DEADLINE_SECONDS)
    meet = Step.lambda_("meet", lambda ctx, config: {"at": min(meeting.wait(), 0)})
    result = run(Step.parallel("both", {"left": [meet], "right": [meet]}))
    assert result.context.get_output("both") == {"left": {"meet": {"at": 0}}, "right": {"meet": {"at": 0}}}


def test_what_they_see(run: Any) -> None:
    """A branch sees the parameters and the outputs of the steps before, not those of the other branches."""
    look = Step.lambda_("look", lambda ctx, config: {"saw": sorted(ctx.outputs), "week": ctx.get_param("week")})
    result = run(lambda ctx, config: None, Step.parallel("both", {"a": [look], "b": [look]}), params={"week": 7})
    assert result.context.get_output("both", "a") == {"look": {"saw": ["s1"], "week": 7}}


def test_a_failure(run: Any) -> None:
    """All branches run to their end; one that fails fails the step with its error and category."""
    ran: list[str] = []
    good = Step.lambda_("good", lambda ctx, config: ran.append("good"))
    result = run(Step.parallel("both", {"bad": [Step.lambda_("x", fail)], "good": [good]}))
    assert (result.status.name, result.error_category, ran) == ("FAILED", "PARSE", ["good"])
    assert "branch 'bad' failed" in str(result.error)


def test_tolerated(run: Any) -> None:
    """`tolerated_failures` is a count or a share of the branches."""
    branches = {"bad": [Step.lambda_("x", fail)], "good": [Step.lambda_("y", lambda ctx, config: {"n": 1})]}
    result = run(Step.parallel("both", branches, tolerated_failures="50%"))
    assert (result.status.name, result.context.get_output("both", "good")) == ("COMPLETED", {"y": {"n": 1}})


def test_own_rules(run: Any) -> None:
    """Branch rules, retries and timeouts hold inside of a branch as anywhere."""
    steps = [
        Step.choice("route", lambda ctx: False, "yes", "no"),
        Step.lambda_("yes", fail),
        Step.lambda_("no", lambda ctx, config: {"n": 1}),
    ]
    assert run(Step.parallel("both", {"only": steps})).context.get_output("both", "only")["no"] == {"n": 1}


def test_no_branches() -> None:
    """A parallel step without branches, or with two steps of one name in a branch, is refused."""
    with pytest.raises(ValidationError, match="has no branches"):
        Step.parallel("both", {})
    with pytest.raises(ValidationError, match="give lists of steps by name"):
        Step.parallel("both", [[Step.lambda_("a", fail)]])  # type: ignore[arg-type]
    step = Step.lambda_("a", fail)
    with pytest.raises(ValueError, match="Duplicate step name 'a'"):
        Workflow("w", [Step.parallel("both", {"x": [step, step]})])
