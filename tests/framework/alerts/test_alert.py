"""Fields of an alert, and its JSON form."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from attrs.exceptions import FrozenInstanceError
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import RateLimitError
from spine.core.ids import trace_id_of
from spine.core.masking import ProjectSecrets
from spine.core.scope import Scope
from spine.core.secrets import MASK, Secret
from spine.framework.alerts import Alert, AlertSeverity

RANKED = [AlertSeverity.INFO, AlertSeverity.WARNING, AlertSeverity.ERROR, AlertSeverity.CRITICAL]


def an_alert(**fields):
    return Alert(**{"severity": AlertSeverity.ERROR, "title": "t", "message": "m", "source": "s", **fields})


def test_severities_compare_by_rank_with_each_other_and_with_their_names():
    assert sorted(set(RANKED)) == RANKED
    assert max(RANKED) is AlertSeverity.CRITICAL
    assert AlertSeverity.CRITICAL >= "INFO"
    assert AlertSeverity.INFO < "CRITICAL"
    assert AlertSeverity.ERROR == "ERROR"
    assert {severity: severity.value for severity in RANKED}["ERROR"] == "ERROR"


def test_a_severity_is_found_by_its_name_in_any_case_and_a_wrong_one_lists_them():
    assert AlertSeverity("warning") is AlertSeverity.WARNING
    with pytest.raises(ValueError, match="'loud' is not one of INFO, WARNING, ERROR, CRITICAL"):
        AlertSeverity("loud")
    with pytest.raises(ValueError, match="not one of"):
        assert AlertSeverity.INFO < "loud"


@pytest.mark.parametrize(
    ("fields", "fingerprint"),
    [
        ({}, "ERROR|s|t"),
        ({"domain": "finra"}, "ERROR|s|t|finra"),
        ({"domain": "finra", "fingerprint": None}, "ERROR|s|t|finra"),
        ({"fingerprint": "mine"}, "mine"),
    ],
)
def test_the_fingerprint_is_made_of_severity_source_title_and_domain_unless_given(fields, fingerprint):
    assert an_alert(**fields).fingerprint == fingerprint


def test_an_alert_is_frozen_hashable_and_keeps_its_own_metadata():
    metadata = {"week": "20251215"}
    alert = an_alert(metadata=metadata)
    metadata["week"] = "changed"
    assert alert.metadata == {"week": "20251215"}
    assert alert in {alert}
    with pytest.raises(FrozenInstanceError):
        alert.title = "other"  # type: ignore[misc]


def test_the_severity_may_be_given_by_name():
    assert an_alert(severity="critical").severity is AlertSeverity.CRITICAL


def test_the_time_is_kept_in_utc():
    noon = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=5)))
    assert an_alert(created_at=noon).created_at == datetime(2026, 3, 1, 7, tzinfo=UTC)
    assert an_alert().created_at.utcoffset() == timedelta(0)
    assert an_alert(created_at=datetime(2026, 3, 1)).created_at.tzinfo is UTC


def test_without_a_domain_the_source_stands_for_it():
    assert an_alert(source="finra.otc").effective_domain == "finra.otc"
    assert an_alert(source="finra.otc", domain="nyse").effective_domain == "nyse"


def test_to_dict_holds_every_field_as_json():
    alert = an_alert(
        run_id="r1",
        error=RateLimitError("slow down", retry_after=7),
        metadata={
            "when": date(2026, 1, 2),
            "ratio": float("nan"),
            "raw": b"x",
            "key": Secret("hunter2"),
            "n": [1, (2,)],
        },
    )
    shown = json.loads(json.dumps(alert.to_dict(), allow_nan=False))
    assert shown["severity"] == "ERROR"
    assert shown["run_id"] == "r1"
    assert shown["trace_id"] == trace_id_of("r1")
    assert shown["domain"] is None
    assert shown["error"]["error_type"] == "RateLimitError"
    assert shown["error"]["retryable"] is True
    assert shown["metadata"]["when"] == "2026-01-02"
    assert shown["metadata"]["n"] == [1, [2]]
    assert shown["fingerprint"] == "ERROR|s|t"
    assert shown["alert_id"] == alert.alert_id
    assert "hunter2" not in json.dumps(shown)


def test_to_dict_describes_errors_that_are_not_spines_and_errors_known_by_text_only():
    assert an_alert(error=ConnectionError("reset")).to_dict()["error"]["category"] == "NETWORK"
    assert an_alert(error="it broke").to_dict()["error"] == {"message": "it broke"}


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.binary() | st.dates() | st.just(object()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.integers(), inner),
    max_leaves=10,
)


@pytest.mark.slow
@given(st.dictionaries(st.text(), anything))
def test_to_dict_is_json_whatever_the_metadata(metadata):
    written = an_alert(metadata=metadata).to_dict()
    assert json.loads(json.dumps(written, allow_nan=False)) == written


class Untold(Exception):
    """An object, or an exception, whose own text fails."""

    def __str__(self) -> str:
        raise RuntimeError("no text")


def test_no_secret_of_the_project_is_in_any_field(own_scope: Scope):
    own_scope.provide(ProjectSecrets, ProjectSecrets(lambda: ["s3cret-token"]))
    text = "at https://u:s3cret-token@h"
    metadata = {"url": text, "of s3cret-token": 1, "urls": [{"url": (text,)}], "error": ValueError(text)}
    fields = {"title": text, "message": text, "source": text, "domain": text, "metadata": metadata}
    for more in ({"error": {"message": text}}, {"error": ValueError(text)}, {"error": text}, {"fingerprint": text}):
        written = json.dumps(an_alert(**fields, **more).to_dict())
        assert "s3cret" not in written
        assert MASK in written


def test_metadata_and_errors_that_json_cannot_hold_are_told_as_far_as_possible():
    metadata = {"large": 10**5000, "untold": Untold(), Untold(): 1, "half": "a\ud800", "deep": [], "itself": {}}
    metadata["itself"].update(a=metadata["itself"], b=metadata["itself"])
    for _ in range(2000):
        metadata["deep"] = [metadata["deep"]]
    for error in (metadata, Untold(), ValueError("\ud800")):
        written = an_alert(metadata=metadata, error=error).to_dict()
        assert json.loads(json.dumps(written, ensure_ascii=False).encode()) == written
    assert written["metadata"]["large"] == hex(10**5000)
    assert written["metadata"]["untold"] == "Untold"
    assert written["metadata"]["half"] == "a\\ud800"
    assert written["metadata"]["itself"] == {"a": "…", "b": "…"}
