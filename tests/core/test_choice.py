"""Choice of an enum's member by its value or name."""

from __future__ import annotations

from enum import Enum

import pytest

from spine.core.choice import choose
from spine.core.errors import ScheduleError, ValidationError


class Way(Enum):
    LEFT = "left"
    BACK = "go-back"


@pytest.mark.parametrize("given", [Way.BACK, "go-back", "BACK", "back"])
def test_a_member_its_value_and_its_name_in_any_case_are_taken(given: object) -> None:
    assert choose(Way, "way", given) is Way.BACK


@pytest.mark.parametrize(("given", "hint"), [("lft", "; did you mean 'left'?"), ("", ""), (None, ""), ("x" * 999, "")])
def test_another_value_is_refused_with_those_that_are_valid(given: object, hint: str) -> None:
    with pytest.raises(ValidationError) as caught:
        choose(Way, "way", given)
    assert str(caught.value) == f"way {str(given)[:40]!r} is not valid: use left, go-back{hint}"


def test_the_error_is_of_the_class_that_the_caller_names() -> None:
    with pytest.raises(ScheduleError):
        choose(Way, "way", "up", ScheduleError)
