"""Compatibility of plugins with the running core, by their requirements."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from packaging.requirements import Requirement

from spine.plugins import fence
from spine.plugins.fence import misfit

NUMBERS = st.integers(0, 30).map(str)
RELEASES = st.lists(NUMBERS, min_size=1, max_size=4).map(".".join)
OPERATORS = st.sampled_from([">=", "<", ">", "<=", "==", "!=", "~="])
SPACES = st.sampled_from(["", " "])


@st.composite
def bounds(draw, operators=OPERATORS):
    operator = draw(operators)
    release = draw(RELEASES)
    if operator == "~=" and "." not in release:
        release += ".0"
    return f"{draw(SPACES)}{operator}{draw(SPACES)}{release}"


@st.composite
def requirements(draw, operators=OPERATORS):
    name = draw(st.sampled_from(["spine-core", "Spine_Core", "spine.core", "spine-core[arrow]", "spine-core[a, b]"]))
    return name + ",".join(draw(st.lists(bounds(operators), max_size=3)))


@given(requirements(), RELEASES)
def test_the_answer_is_that_of_packaging(requirement, running):
    expected = Requirement(requirement).specifier.contains(running, prereleases=True)
    assert (misfit((requirement,), running) is None) == expected


@given(requirements(st.sampled_from([">=", "<"])), RELEASES)
def test_plain_bounds_are_judged_without_packaging_and_the_same(requirement, running):
    expected = Requirement(requirement).specifier.contains(running, prereleases=True)
    answer = fence._plainly(requirement, running)
    assert answer is not None
    assert (answer == "") == expected


@pytest.mark.parametrize(
    ("requirement", "running", "fits"),
    [
        ("spine-core", "0.1.0", True),
        ("spine-core>=0.1,<0.2", "0.1.0", True),
        ("spine-core>=0.1,<0.2", "0.2.0", False),
        ("spine-core (>=0.1)", "0.1", True),
        ("spine-core~=0.1.3", "0.1.9", True),
        ("spine-core==0.1.*", "0.2.0", False),
        ("spine-core===0.1", "0.1", True),
        ("spine-core>=1; python_version < '3'", "0.1.0", True),
        ("spine-core>=1; python_version > '3'", "0.1.0", False),
        ("spine-core>=1; extra == 'new'", "0.1.0", True),
        ('spine-core[testing]; extra == "test"', "0.1.0", True),
        ("spine-core>=1; extra == 'new' or python_version > '3'", "0.1.0", False),
        ("spine-core @ file:///somewhere", "0.1.0", True),
    ],
)
def test_requirements_of_every_form(requirement, running, fits):
    assert (misfit((requirement,), running) is None) is fits


@pytest.mark.parametrize(
    ("requirement", "running", "fits"),
    [
        ("spine-core>=0.2,<0.3", "0.2.0rc1", True),
        ("spine-core>=0.2,<0.3", "0.2.0.dev4", True),
        ("spine-core>=0.1,<0.2", "0.2.0rc1", False),
        ("spine-core==0.2rc1", "0.2.0rc1", True),
        ("spine-core>=0.2", "0.2.post1", True),
        ("spine-core>=0.1,<0.2", "0.1.0+local", True),
    ],
)
def test_a_prerelease_is_let_in_where_its_release_is(requirement, running, fits):
    assert (misfit((requirement,), running) is None) is fits


def test_the_reason_names_both_versions():
    assert misfit(("spine-core>=2,<3",), "0.1.0") == "it needs spine-core >=2,<3, and 0.1.0 is running"


@pytest.mark.parametrize(
    "requirement",
    [
        "spine-core>=",
        "spine-core 0.1",
        "spine-core>=x",
        "spine-core[",
        "spine-core; os_name ~= 'a'",
    ],
)
def test_a_requirement_that_cannot_be_read_is_a_reason(requirement):
    assert misfit((requirement,), "0.1.0").startswith("its metadata holds a requirement that cannot be read: ")


def test_every_requirement_counts():
    assert misfit(("spine-core>=0.1", "spine-core<0.1"), "0.1.0") is not None


def test_a_long_requirement_takes_no_long_time():
    assert misfit(("spine-core" + " " * 200_000 + "x",), "0.1.0") is not None
