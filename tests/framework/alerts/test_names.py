"""Where the names of spine.framework.alerts are found, and what finding them costs."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

import spine.framework.alerts as alerts
from spine.framework.alerts import AlertSeverity, ConsoleChannel, alert_registry, protocol, send_alert

SEED_BLOCK = Path(__file__).parents[2] / "docs" / "seed" / "alerts.py"


def test_every_name_that_core_owns_is_in_protocol_too():
    assert sorted(alerts.__all__) == sorted(protocol.__all__)
    assert all(getattr(alerts, name) is getattr(protocol, name) for name in alerts.__all__)


def test_importing_alerts_imports_no_heavy_library():
    code = (
        "import sys, spine.framework.alerts, spine.framework.alerts.channels.console as console;"
        "print([m for m in ('pyarrow', 'sqlalchemy', 'httpx') if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "[]\n"


@pytest.mark.parametrize("module", ["", ".channels.slack", ".channels.email"])
def test_an_unknown_name_is_an_attribute_error(module):
    with pytest.raises(AttributeError, match="no attribute 'PigeonChannel'"):
        _ = importlib.import_module(f"spine.framework.alerts{module}").PigeonChannel


def test_the_seeds_send_alert_reaches_a_console(capsys):
    _, block = SEED_BLOCK.read_text(encoding="utf-8").split("# Send alerts (from anywhere)\n")
    alert_registry.register(ConsoleChannel(domains=["finra.*"]))
    exec(compile(block, str(SEED_BLOCK), "exec"), {"send_alert": send_alert, "AlertSeverity": AlertSeverity})
    assert capsys.readouterr().out == (
        "[ERROR] FINRA Ingestion Failed\n  Weekly OTC file could not be downloaded\n  source: finra.otc.ingest\n"
    )
