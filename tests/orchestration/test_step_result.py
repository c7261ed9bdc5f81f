"""Results of a step."""

from __future__ import annotations

from enum import Enum
from typing import Any

import pytest

from spine.core.errors import AuthError, ErrorCategory, NetworkError, RateLimitError, SourceNotFoundError
from spine.orchestration import END, QualityMetrics, StepResult


class Mine(str, Enum):
    DATA_QUALITY = "DATA_QUALITY"


def test_ok_collects_its_output_from_a_dict_and_keywords() -> None:
    result = StepResult.ok({"a": 1}, b=2)
    assert (result.success, result.output, result.context_updates, result.events) == (True, {"a": 1, "b": 2}, {}, [])
    assert (result.error, result.error_category, result.quality, result.next_step) == (None, None, None, None)
    assert StepResult.ok().output == {}
    assert StepResult.ok(validated=True).output == {"validated": True}


def test_ok_takes_the_rest_by_name() -> None:
    quality = QualityMetrics(record_count=3, valid_count=3)
    given = StepResult.ok({}, {"week": "2"}, quality, [{"note": "x"}], next_step=END)
    assert (given.context_updates, given.quality, given.events, given.next_step) == (
        {"week": "2"},
        quality,
        [{"note": "x"}],
        END,
    )


def test_results_share_nothing_with_what_they_were_made_of() -> None:
    output: dict[str, Any] = {"a": 1}
    result = StepResult.ok(output)
    output["b"] = 2
    assert result.output == {"a": 1}
    result.events.append({})
    assert StepResult.ok().events == []


def test_a_text_fails_as_internal_unless_a_category_is_given() -> None:
    result = StepResult.fail("too few rows")
    assert (result.success, result.error, result.error_category) == (False, "too few rows", "INTERNAL")
    assert StepResult.fail("x", ErrorCategory.SOURCE).error_category == "SOURCE"
    for category in ("DATA_QUALITY", Mine.DATA_QUALITY):
        assert StepResult.fail("x", category).error_category == "DATA_QUALITY"
    full = StepResult.fail("x", "Y", {"a": 1}, QualityMetrics(passed=False), [{"n": 1}])
    assert (full.output, full.quality, full.events) == ({"a": 1}, QualityMetrics(passed=False), [{"n": 1}])


@pytest.mark.parametrize(
    ("error", "text", "category", "retryable", "retry_after"),
    [
        (SourceNotFoundError("no file"), "no file", "SOURCE", False, None),
        (NetworkError("down"), "down", "NETWORK", True, None),
        (NetworkError("down for good", retryable=False), "down for good", "NETWORK", False, None),
        (RateLimitError(retry_after=7), "Rate limit exceeded", "NETWORK", True, 7),
        (AuthError("no"), "no", "AUTH", False, None),
        (ConnectionResetError("reset"), "reset", "NETWORK", True, None),
        (ValueError("bad"), "bad", "VALIDATION", False, None),
        (KeyError("week"), "KeyError: 'week'", "CONFIG", False, None),
        (ValueError(), "ValueError", "VALIDATION", False, None),
        ("", "no reason given", "INTERNAL", False, None),
    ],
)
def test_an_exception_fails_with_its_own_category_and_retryable_flag(
    error: Exception | str, text: str, category: str, retryable: bool, retry_after: int | None
) -> None:
    result = StepResult.fail(error)
    assert (result.error, result.error_category, result.retryable, result.retry_after) == (
        text,
        category,
        retryable,
        retry_after,
    )


def test_a_category_that_is_given_wins_over_the_exceptions() -> None:
    result = StepResult.fail(NetworkError("down"), category="DATA_QUALITY")
    assert (result.error_category, result.retryable) == ("DATA_QUALITY", True)


def test_a_text_is_worth_another_try_if_it_is_about_the_network() -> None:
    assert StepResult.fail("x", ErrorCategory.NETWORK).retryable
    assert not StepResult.fail("x").retryable
    assert not StepResult.ok().retryable


def test_an_exception_whose_text_fails_is_known_by_its_type() -> None:
    class Mute(Exception):
        def __str__(self) -> str:
            raise RuntimeError("no words")

    assert StepResult.fail(Mute()).error == "Mute"


def test_skip_is_a_success_with_its_reason() -> None:
    result = StepResult.skip("holiday")
    assert (result.success, result.output) == (True, {"skipped": True, "skip_reason": "holiday"})
    assert StepResult.skip("holiday", {"day": 1}).output == {"day": 1, "skipped": True, "skip_reason": "holiday"}


def test_to_dict_holds_what_is_set() -> None:
    assert StepResult.ok(a=1).to_dict() == {"success": True, "output": {"a": 1}}
    quality = QualityMetrics(10, 9)
    assert StepResult.fail("x", "Y", quality=quality).to_dict() == {
        "success": False,
        "output": {},
        "error": "x",
        "error_category": "Y",
        "quality": quality.to_dict(),
    }


def test_invalid_records_are_the_rest_unless_they_are_given() -> None:
    assert QualityMetrics(record_count=10, valid_count=8).invalid_count == 2
    assert QualityMetrics(record_count=10, valid_count=8, invalid_count=1).invalid_count == 1
    assert QualityMetrics(record_count=1, valid_count=2).invalid_count == 0


def test_rates_are_shares_of_the_records() -> None:
    quality = QualityMetrics(record_count=8, valid_count=6, null_count=2)
    assert (quality.valid_rate, quality.null_rate) == (0.75, 0.25)
    assert (QualityMetrics().valid_rate, QualityMetrics().null_rate) == (0.0, 0.0)


def test_the_defaults_of_quality_metrics() -> None:
    quality = QualityMetrics()
    assert (quality.passed, quality.custom_metrics, quality.failure_reasons) == (True, {}, [])
    assert quality.to_dict() == {
        "record_count": 0,
        "valid_count": 0,
        "invalid_count": 0,
        "null_count": 0,
        "passed": True,
        "custom_metrics": {},
        "failure_reasons": [],
        "valid_rate": 0.0,
        "null_rate": 0.0,
    }
