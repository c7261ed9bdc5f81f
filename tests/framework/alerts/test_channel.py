"""Filters of a channel, and its results."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spine.core.errors import NetworkError, ValidationError
from spine.framework.alerts import (
    Alert,
    AlertChannel,
    AlertSeverity,
    BaseChannel,
    ChannelType,
    ConsoleChannel,
    DeliveryResult,
)


class Quiet(BaseChannel):
    def __init__(self, name="quiet", **options):
        super().__init__(name, ChannelType.WEBHOOK, **options)

    def send(self, alert):
        return DeliveryResult.ok(self.name)


def an_alert(severity=AlertSeverity.ERROR, source="s", domain=None):
    return Alert(severity, "t", "m", source, domain=domain)


def test_a_channel_needs_only_send():
    assert isinstance(Quiet(), AlertChannel)
    assert isinstance(ConsoleChannel(), AlertChannel)
    assert not isinstance(object(), AlertChannel)
    with pytest.raises(TypeError, match="abstract"):
        BaseChannel("x", ChannelType.SLACK)  # type: ignore[abstract]


def test_channel_types_have_lower_case_values():
    assert {kind.value for kind in ChannelType} == {"slack", "email", "servicenow", "pagerduty", "webhook", "console"}


@pytest.mark.parametrize("severity", list(AlertSeverity))
@pytest.mark.parametrize("least", list(AlertSeverity))
def test_a_channel_takes_its_severity_and_worse(severity, least):
    assert Quiet(min_severity=least).should_send(an_alert(severity)) is (severity.rank >= least.rank)


def test_a_channel_takes_errors_and_worse_from_everywhere_by_default():
    assert Quiet().min_severity is AlertSeverity.ERROR
    assert Quiet().should_send(an_alert(domain="anything"))
    assert Quiet(domains=[]).should_send(an_alert(domain="anything"))


@pytest.mark.parametrize(
    ("pattern", "domain", "fits"),
    [
        ("finra.*", "finra.otc", True),
        ("finra.*", "finra.otc.weekly", True),
        ("finra.*", "finra", True),
        ("finra.*", "finrax", False),
        ("finra.*", "nyse.finra.otc", False),
        ("finra", "finra.otc", False),
        ("*", "anything", True),
        ("f?nra", "finra", True),
        ("[fn]*.*", "nyse", True),
        ("FINRA", "finra", False),
    ],
)
def test_domain_patterns_are_globs_and_a_trailing_star_fits_the_parent_too(pattern, domain, fits):
    assert Quiet(domains=[pattern]).should_send(an_alert(domain=domain)) is fits


def test_one_fitting_pattern_is_enough_and_a_single_text_is_one_pattern():
    assert Quiet(domains=["nyse", "finra.*"]).should_send(an_alert(domain="finra"))
    assert Quiet(domains="finra.*").should_send(an_alert(domain="finra.otc"))
    assert not Quiet(domains="finra.*").should_send(an_alert(domain="f"))


def test_an_alert_without_a_domain_is_matched_by_its_source():
    channel = Quiet(domains=["finra.*"])
    assert channel.should_send(an_alert(source="finra.otc.ingest"))
    assert not channel.should_send(an_alert(source="finra.otc.ingest", domain="nyse"))


def test_sources_are_globs_and_every_label_must_fit():
    channel = Quiet(sources=["finra.*"], labels={"error_category": "NET*", "step": "load"})
    facts = {"error_category": "NETWORK", "step": "load"}
    assert channel.should_send(Alert("ERROR", "t", "m", "finra.otc", metadata=facts))
    assert channel.refusal(Alert("ERROR", "t", "m", "nyse", metadata=facts)) == "the source 'nyse' does not fit finra.*"
    other = Alert("ERROR", "t", "m", "finra", metadata={**facts, "step": "fetch"})
    assert channel.refusal(other) == "its step 'fetch' does not fit load"
    assert not channel.should_send(Alert("ERROR", "t", "m", "finra"))


def test_a_disabled_channel_takes_nothing_until_it_is_enabled():
    channel = Quiet(enabled=False)
    assert not channel.should_send(an_alert())
    channel.enable()
    assert channel.should_send(an_alert())
    channel.disable()
    assert not channel.should_send(an_alert())


@pytest.mark.parametrize("name", ["", "two words", "../etc", "a\nb", "é"])
def test_a_channel_name_follows_the_rule_for_names(name):
    with pytest.raises(ValidationError, match="alert channel name"):
        Quiet(name)


def test_a_wrong_severity_is_refused_when_the_channel_is_made():
    with pytest.raises(ValueError, match="not one of"):
        Quiet(min_severity="loud")


@given(st.text(), st.text())
def test_no_domain_and_no_pattern_breaks_the_matching(domain, pattern):
    Quiet(domains=[pattern]).should_send(an_alert(domain=domain))


def test_a_result_says_what_happened():
    arrived = DeliveryResult.ok("ops", "posted", {"status": 200})
    assert (arrived.success, arrived.message, arrived.response, arrived.attempt) == (True, "posted", {"status": 200}, 1)
    error = NetworkError("connection refused")
    failed = DeliveryResult.fail("ops", error, attempt=2)
    assert (failed.success, failed.error, failed.message, failed.attempt) == (False, error, "connection refused", 2)
    assert failed.to_dict()["error"]["category"] == "NETWORK"
    assert DeliveryResult.fail("ops", ValueError()).message == "ValueError"
    assert DeliveryResult.fail("ops", "just text").error == "just text"
