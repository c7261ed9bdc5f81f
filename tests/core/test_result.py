"""Result as a value: what Ok and Err are, how they chain, and how many become one."""

from __future__ import annotations

import copy
import pickle
import runpy
import typing
from pathlib import Path
from types import SimpleNamespace

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import (
    ErrorCategory,
    NetworkError,
    ParseError,
    RateLimitError,
    SourceNotFoundError,
    SpineError,
)
from spine.core.result import (
    Err,
    Ok,
    Result,
    collect_all_errors,
    collect_results,
    from_bool,
    from_optional,
    partition_results,
    try_result,
    try_result_with,
)

HERE = Path(__file__).parent
BOOM = ValueError("boom")

values = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.integers()))
errors = st.builds(SpineError, st.text()) | st.builds(ValueError, st.text())
results = st.builds(Ok, st.integers()) | st.builds(Err, errors)
functions = st.sampled_from([lambda n: n + 1, lambda n: n * 2, lambda n: -n])
steps = st.sampled_from([lambda n: Ok(n + 1), lambda n: Ok(n * 2), lambda n: Err(BOOM)])


def raise_(error: BaseException):
    raise error


def test_ok_and_err_show_what_they_hold():
    assert repr(Ok(42)) == "Ok(42)"
    assert repr(Ok("a")) == "Ok('a')"
    assert repr(Err(BOOM)) == "Err(ValueError('boom'))"


def test_ok_answers_with_its_value():
    result = Ok(42)
    assert result.is_ok()
    assert not result.is_err()
    assert result.unwrap() == 42
    assert result.unwrap_or(0) == 42
    assert result.unwrap_or_else(raise_) == 42
    assert result.map_err(raise_) is result
    assert result.or_else(raise_) is result
    assert result.inspect_err(raise_) is result


def test_err_answers_with_what_it_is_given():
    result = Err(BOOM)
    assert result.is_err()
    assert not result.is_ok()
    assert result.unwrap_or(0) == 0
    assert result.unwrap_or_else(str) == "boom"
    assert result.map(raise_) == result
    assert result.flat_map(raise_) == result
    assert result.and_then(raise_) == result
    assert result.inspect(raise_) is result


def test_unwrap_of_err_raises_the_error_itself():
    with pytest.raises(ValueError, match="boom") as caught:
        Err(BOOM).unwrap()
    assert caught.value is BOOM


def test_map_err_and_or_else_see_the_error():
    wrapped = Err(BOOM).map_err(lambda error: SpineError("wrapped", cause=error))
    assert isinstance(wrapped.error, SpineError)
    assert wrapped.error.cause is BOOM
    assert Err(BOOM).or_else(lambda error: Ok(str(error))) == Ok("boom")


def test_inspect_sees_the_value_and_inspect_err_the_error():
    seen: list[object] = []
    assert Ok(1).inspect(seen.append) == Ok(1)
    assert Err(BOOM).inspect_err(seen.append) == Err(BOOM)
    assert seen == [1, BOOM]


@pytest.mark.parametrize(
    "call",
    [
        lambda f: Ok(1).map(f),
        lambda f: Ok(1).flat_map(f),
        lambda f: Ok(1).inspect(f),
        lambda f: Err(BOOM).map_err(f),
        lambda f: Err(BOOM).or_else(f),
        lambda f: Err(BOOM).inspect_err(f),
        lambda f: Err(BOOM).unwrap_or_else(f),
    ],
)
def test_an_exception_of_a_function_in_the_chain_is_raised(call):
    with pytest.raises(ZeroDivisionError):
        call(lambda _: 1 / 0)


@pytest.mark.parametrize("name", ["value", "error", "other"])
@pytest.mark.parametrize("result", [Ok(1), Err(BOOM)])
def test_a_result_cannot_be_changed_and_has_no_dict(result, name):
    with pytest.raises((FrozenInstanceError, AttributeError)):
        setattr(result, name, 2)
    assert not hasattr(result, "__dict__")


def test_results_are_equal_and_hash_alike_if_what_they_hold_does():
    assert Ok(1) == Ok(1) != Ok(2)
    assert Err(BOOM) == Err(BOOM) != Err(ValueError("boom"))
    assert Ok(BOOM) != Err(BOOM)
    assert len({Ok(1), Ok(1), Err(BOOM), Err(BOOM)}) == 2


def test_match_takes_a_result_apart():
    def describe(result):
        match result:
            case Ok(value):
                return f"ok {value}"
            case Err(error):
                return f"err {error}"

    assert describe(Ok(1)) == "ok 1"
    assert describe(Err(BOOM)) == "err boom"


def test_result_ok_and_err_can_be_subscripted_at_run_time():
    assert typing.get_args(Result[int]) == (Ok[int], Err[int])
    assert Ok[int](1) == Ok(1)
    assert Err[int](BOOM) == Err(BOOM)


@given(values)
def test_an_ok_survives_pickling_and_copying(value):
    assert pickle.loads(pickle.dumps(Ok(value))) == copy.copy(Ok(value)) == copy.deepcopy(Ok(value)) == Ok(value)


@given(errors)
def test_an_err_survives_pickling(error):
    restored = pickle.loads(pickle.dumps(Err(error)))
    assert type(restored.error) is type(error)
    assert restored.error.args == error.args


@given(results)
def test_map_with_identity_changes_nothing(result):
    assert result.map(lambda value: value) == result


@given(results, functions, functions)
def test_mapping_twice_is_mapping_the_composition(result, f, g):
    assert result.map(f).map(g) == result.map(lambda value: g(f(value)))


@given(st.integers(), steps)
def test_flat_map_of_ok_is_the_step_itself(value, step):
    assert Ok(value).flat_map(step) == step(value)


@given(results)
def test_flat_map_with_ok_changes_nothing(result):
    assert result.flat_map(Ok) == result


@given(results, steps, steps)
def test_flat_map_is_associative_and_and_then_is_another_name_for_it(result, f, g):
    assert result.flat_map(f).flat_map(g) == result.flat_map(lambda value: f(value).flat_map(g))
    assert result.flat_map(f) == result.and_then(f)


@given(results, functions)
def test_map_is_flat_map_with_an_ok_around(result, f):
    assert result.map(f) == result.flat_map(lambda value: Ok(f(value)))


def test_to_dict_of_ok_has_the_value():
    assert Ok([1, 2]).to_dict() == {"ok": True, "value": [1, 2]}


def test_to_dict_of_err_has_the_error_as_spine_describes_it():
    error = RateLimitError("slow down", retry_after=5).with_context(source_name="finra")
    assert Err(error).to_dict() == {"ok": False, "error": error.to_dict()}


def test_to_dict_of_err_describes_a_foreign_exception_in_the_same_words():
    assert Err(ConnectionResetError("gone")).to_dict() == {
        "ok": False,
        "error": {
            "error_type": "ConnectionResetError",
            "message": "gone",
            "category": "NETWORK",
            "retryable": True,
        },
    }


def test_try_result_turns_a_return_into_ok_and_any_exception_into_err():
    assert try_result(lambda: 1) == Ok(1)
    assert try_result(lambda: None) == Ok(None)
    assert try_result(lambda: raise_(BOOM)) == Err(BOOM)


@pytest.mark.parametrize("leaving", [KeyboardInterrupt, SystemExit, GeneratorExit])
@pytest.mark.parametrize("attempt", [try_result, lambda f: try_result_with(f, lambda error: error)])
def test_leaving_the_program_passes_through(attempt, leaving):
    with pytest.raises(leaving):
        attempt(lambda: raise_(leaving()))


def test_try_result_with_replaces_the_exception_and_keeps_it_as_the_cause():
    result = try_result_with(lambda: raise_(BOOM), lambda error: ParseError(f"bad: {error}"))
    assert isinstance(result.error, ParseError)
    assert str(result.error) == "bad: boom"
    assert result.error.cause is BOOM


def test_try_result_with_leaves_a_cause_that_the_mapper_chose():
    other = KeyError("other")
    assert try_result_with(lambda: raise_(BOOM), lambda _: SpineError("x", cause=other)).error.cause is other


def test_try_result_with_takes_a_mapper_that_returns_the_same_exception_and_none_at_all():
    assert try_result_with(lambda: raise_(BOOM), lambda error: error) == Err(BOOM)
    assert try_result_with(lambda: raise_(BOOM)) == Err(BOOM)
    assert BOOM.__cause__ is None
    assert try_result_with(lambda: 1, raise_) == Ok(1)


@given(st.lists(results))
def test_collect_results_gives_every_value_or_the_first_error(several):
    first = next((result for result in several if result.is_err()), None)
    expected = first or Ok([result.unwrap() for result in several])
    assert collect_results(several) == expected


def test_collect_results_looks_no_further_than_the_first_error():
    def produce():
        yield Ok(1)
        yield Err(BOOM)
        raise AssertionError("asked for more")

    assert collect_results(produce()) == Err(BOOM)


@given(st.lists(results))
def test_partition_results_loses_nothing_and_keeps_the_order(several):
    found, failed = partition_results(several)
    assert found == [result.value for result in several if isinstance(result, Ok)]
    assert failed == [result.error for result in several if isinstance(result, Err)]


@given(st.lists(results))
def test_collect_all_errors_is_ok_only_if_nothing_failed(several):
    found, failed = partition_results(several)
    match collect_all_errors(several):
        case Ok(value):
            assert (value, failed) == (found, [])
        case Err(error) if len(failed) == 1:
            assert error is failed[0]
        case Err(error):
            assert str(error).startswith(f"Multiple errors ({len(failed)})")
            assert error.context.metadata["error_count"] == len(error.context.metadata["errors"]) == len(failed)
            assert list(error.cause.exceptions) == failed


def test_several_errors_name_the_first_three():
    failed = [Err(ValueError(f"e{number}")) for number in range(5)]
    error = collect_all_errors(failed).error
    assert str(error) == "Multiple errors (5): e0; e1; e2; and 2 more"
    assert error.context.metadata == {"error_count": 5, "errors": ["e0", "e1", "e2", "e3", "e4"]}
    assert str(collect_all_errors(failed[:2]).error) == "Multiple errors (2): e0; e1"


def test_an_error_without_text_is_named_by_its_class():
    assert str(collect_all_errors([Err(KeyError()), Err(OSError())]).error) == "Multiple errors (2): KeyError; OSError"


def test_several_errors_are_retryable_only_if_each_is_and_wait_for_the_longest():
    limits = [Err(RateLimitError(retry_after=5)), Err(RateLimitError(retry_after=9)), Err(NetworkError("down"))]
    together = collect_all_errors(limits).error
    assert (together.retryable, together.category, together.retry_after) == (True, ErrorCategory.NETWORK, 9)
    mixed = collect_all_errors([Err(NetworkError("down")), Err(SourceNotFoundError("gone"))]).error
    assert (mixed.retryable, mixed.category) == (False, ErrorCategory.UNKNOWN)


@pytest.mark.parametrize("value", [0, "", [], False])
def test_from_optional_takes_only_none_for_an_error(value):
    assert from_optional(value, BOOM) == Ok(value)
    assert from_optional(None, BOOM) == Err(BOOM)


def test_from_bool_chooses_by_the_condition():
    assert from_bool(True, 1, BOOM) == Ok(1)
    assert from_bool(False, 1, BOOM) == Err(BOOM)


class NotFound(Exception):
    """Error of the seed's database for an unknown id."""


@pytest.mark.parametrize(
    ("users", "printed", "final"),
    [({"123": "Ada"}, "Found: Ada\n", "Ada"), ({}, "Error: User 123 not found\n", "Unknown")],
)
def test_the_seed_block_of_section_3_runs_as_written(users, printed, final, capsys):
    """`tests/docs/seed/result.py` is a copy of the specification's block, which is not part of the repository."""

    def get(user_id):
        if user_id not in users:
            raise NotFound(user_id)
        return SimpleNamespace(name=users[user_id])

    names = {"User": SimpleNamespace, "db": SimpleNamespace(get=get), "NotFound": NotFound}
    after = runpy.run_path(
        str(HERE.parent / "docs/seed/result.py"), names | {"SourceNotFoundError": SourceNotFoundError}
    )
    assert capsys.readouterr().out == printed
    assert after["final"] == final


def test_the_file_that_mypy_reads_runs_too():
    runpy.run_path(str(HERE.parent / "typing/result.py"))
