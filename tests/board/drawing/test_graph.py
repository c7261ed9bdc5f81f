"""Tests of the graph."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine_board.drawing import draw_graph


def nodes(*names: str, **more: Any) -> list[dict[str, Any]]:
    return [{"id": name, "label": name, **more} for name in names]


def ways(*pairs: str) -> list[dict[str, Any]]:
    return [{"from": pair[0], "to": pair[1]} for pair in pairs]


def tops(drawn: Any) -> dict[str, float]:
    return {box[0].text: float(box.get("y")) for box in drawn.find("rect", "node")}


def lefts(drawn: Any) -> dict[str, float]:
    return {box[0].text: float(box.get("x")) for box in drawn.find("rect", "node")}


def test_a_node_is_below_all_that_lead_to_it(parse: Callable[[str], Any]) -> None:
    at = tops(parse(draw_graph(nodes(*"dcba"), ways("ab", "bc", "ad", "cd"), title="g")))
    assert at["a"] < at["b"] < at["c"] < at["d"]


def test_nodes_of_one_layer_do_not_overlap(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_graph(nodes(*"abcdef"), ways("ab", "ac", "ad", "bf", "cf", "df", "ae"), title="g"))
    boxes = sorted((float(box.get("y")), float(box.get("x")), float(box.get("width"))) for box in drawn.find("rect"))
    assert all(left + width <= further for (y, left, width), (below, further, _) in pairwise(boxes) if y == below)


def test_a_chain_is_straight(parse: Callable[[str], Any]) -> None:
    assert len(set(lefts(parse(draw_graph(nodes(*"abc"), ways("ab", "bc"), title="g"))).values())) == 1


def test_a_loop_is_drawn_as_an_edge_that_leads_up(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_graph(nodes(*"abc"), ways("ab", "bc", "ca"), title="g"))
    assert len(drawn.find("path", "edge-back")) == 1
    assert tops(drawn)["a"] < tops(drawn)["c"]


def test_states_kinds_and_notes_are_shown(parse: Callable[[str], Any]) -> None:
    row = {"id": 1, "label": "load", "kind": "load", "note": "2.1 s", "state": "FAILED"}
    drawn = parse(draw_graph([row], [], title="g", link=lambda row: f"#{row['label']}"))
    assert drawn.find("rect", "node kind-load state-failed")
    assert drawn.texts() == ["load", "load · 2.1 s"]
    assert drawn.links == ["#load"]
    assert drawn.find("desc")[0].text == "1 node, 0 edges: 1 failed"


def test_the_label_of_an_edge_is_written_at_it(parse: Callable[[str], Any]) -> None:
    drawn = parse(draw_graph(nodes("a", "b"), [{"from": "a", "to": "b", "label": "then"}], title="g"))
    assert drawn.texts("edge-label") == ["then"]


def test_many_nodes_beside_one_another_are_summed_failed_ones_first(parse: Callable[[str], Any]) -> None:
    many = [
        {"id": place, "label": f"n{place}", "state": "FAILED" if place == 90 else "COMPLETED"} for place in range(100)
    ]
    edges = [{"from": place, "to": "end"} for place in range(100)]
    drawn = parse(draw_graph([*many, *nodes("end")], edges, title="g"))
    names = drawn.texts("node-name")
    assert len(names) == 9
    assert "n90" in names
    assert "93 more" in names


def test_an_edge_to_an_unknown_node_is_left_out(parse: Callable[[str], Any]) -> None:
    assert not parse(draw_graph(nodes("a"), [{"from": "a", "to": None}, {"from": "x", "to": "a"}], title="g")).find(
        "path"
    )


@pytest.mark.slow
def test_a_long_chain_is_cut_at_a_hundred_layers(parse: Callable[[str], Any]) -> None:
    names = [str(place) for place in range(5_000)]
    edges = [{"from": one, "to": two} for one, two in pairwise(names)]
    drawn = parse(draw_graph(nodes(*names), edges, title="g"))
    assert len(drawn.find("rect")) == 101
    assert "4,900 more" in drawn.texts()


def test_no_nodes_are_an_empty_drawing(parse: Callable[[str], Any]) -> None:
    assert parse(draw_graph([], [], title="Nothing")).find("title")[0].text == "Nothing"


IDS = st.integers(0, 8)


@given(st.lists(st.tuples(IDS, st.text(), st.text(), st.text())), st.lists(st.tuples(IDS, IDS, st.text())), st.text())
def test_any_graph_is_drawn_as_xml_the_same_each_time(
    parse: Callable[[str], Any], given_nodes: list[Any], given_edges: list[Any], title: str
) -> None:
    rows = [{"id": id_, "label": name, "kind": kind, "state": state} for id_, name, kind, state in given_nodes]
    edges = [{"from": one, "to": two, "label": said} for one, two, said in given_edges]
    written = draw_graph(rows, edges, title=title)
    drawn = parse(written)
    assert len(drawn.find("rect")) == len({row["id"] for row in rows})
    assert written == draw_graph(rows, edges, title=title)
