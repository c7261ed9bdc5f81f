"""Tests of the elements of drawings."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing.svg import element, fit, linked, number, state_class, text, width_of


@given(st.text())
def test_any_text_is_an_attribute_and_a_child_of_xml(given_text: str) -> None:
    root = ElementTree.fromstring(element("g", text(given_text), aria_label=given_text))
    assert (root.text or "") == text(given_text)
    assert root.get("aria-label") == text(given_text)


def test_direction_overrides_and_colors_are_not_shown() -> None:
    assert text("a\u202eb\x1b[31mc\x00\ufffe") == "abc"


@pytest.mark.parametrize("address", ["javascript:alert(1)", "//host/x", "data:text/html,x", " /x", "vbscript:x", ""])
def test_an_address_of_another_kind_than_a_page_is_no_link(address: str) -> None:
    assert "href" not in linked(address, element("g"))


@pytest.mark.parametrize("address", ["/runs/1?a=b&c=d", "#run", "https://board.example/runs/1"])
def test_an_address_of_a_page_is_a_link(address: str) -> None:
    assert ElementTree.fromstring(linked(address)).get("href") == address


@pytest.mark.parametrize("status", ["<x>", "a b", "", "ü", "x" * 40])
def test_a_status_that_cannot_be_a_class_is_unknown(status: str) -> None:
    assert state_class(status) in ("state-unknown", "state-none")


def test_a_status_is_a_class_in_lower_case() -> None:
    assert state_class("NOT_FOUND") == "state-not-found"


@given(st.text(), st.floats(20, 300))
def test_a_text_fits_into_its_room(given_text: str, room: float) -> None:
    assert width_of(fit(text(given_text), room)) <= room + 7


@pytest.mark.parametrize(("value", "written"), [(0, "0"), (-0.04, "0"), (10, "10"), (1.25, "1.2"), (2.96, "3")])
def test_numbers_have_one_decimal_at_most(value: float, written: str) -> None:
    assert number(value) == written
