"""Names of spine.framework.alerts: their modules, and the cost of the import."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import spine.framework.alerts as alerts
from spine.framework.alerts import AlertSeverity, SlackChannel, alert_registry, protocol
from tests.alerts_slack.slack_service import as_seen, slack
from tests.http_peer import http_peer

SEED_BLOCK = Path(__file__).parents[2] / "docs" / "seed" / "alerts.py"


def test_every_name_that_core_owns_is_in_protocol_too():
    assert sorted(alerts.__all__) == sorted(protocol.__all__)
    assert all(getattr(alerts, name) is getattr(protocol, name) for name in alerts.__all__)


def test_importing_alerts_imports_no_heavy_library():
    code = (
        "import sys, spine.framework.alerts, spine.framework.alerts.channels.webhook;"
        "print([m for m in ('pyarrow', 'sqlalchemy', 'httpx', 'ssl') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("module", ["", ".channels.slack", ".channels.email"])
def test_an_unknown_name_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match="no attribute 'PigeonChannel'"):
        _ = importlib.import_module(f"spine.framework.alerts{module}").PigeonChannel


def test_the_seeds_block_registers_a_channel_and_sends_through_it():
    """As written, apart from the host, which is one of the test's."""
    with http_peer(slack) as peer:
        block = SEED_BLOCK.read_text(encoding="utf-8").replace("https://hooks.slack.com/...", f"{peer.url}/...")
        exec(compile(block, str(SEED_BLOCK), "exec"), {"AlertSeverity": AlertSeverity})
        [received] = peer.received
    assert alert_registry.list_channels() == ["ops-alerts"]
    assert as_seen(received.json).splitlines()[:3] == [
        "[ERROR] FINRA Ingestion Failed",
        "Weekly OTC file could not be downloaded",
        "source: finra.otc.ingest",
    ]


def test_the_seeds_webhook_is_one_that_a_channel_can_have():
    assert SlackChannel("ops-alerts", "https://hooks.slack.com/...").name == "ops-alerts"


@pytest.mark.parametrize("name", ["slack", "email", "pagerduty", "servicenow", "webhook", "console"])
def test_every_kind_of_channel_has_a_module_under_channels(name):
    module = importlib.import_module(f"spine.framework.alerts.channels.{name}")
    names = {
        "slack": "SlackChannel",
        "email": "EmailChannel",
        "pagerduty": "PagerDutyChannel",
        "servicenow": "ServiceNowChannel",
        "webhook": "WebhookChannel",
        "console": "ConsoleChannel",
    }
    assert getattr(module, names[name]) is getattr(alerts, names[name])
