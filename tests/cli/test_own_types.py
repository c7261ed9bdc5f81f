"""A source and a channel of a plugin's own type: declared, listed, used, and read back from the history."""

from __future__ import annotations

import pytest

from spine.framework.alerts import Alert, AlertSeverity, alert_registry
from spine.framework.sources import source_registry
from spine.project import open_project

LONGEST = "teams." + "x" * 194

PLUGIN = f"""
from spine.plugins import ChannelSpec, SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [SourceSpec("cells", "spine_office.kinds:ExcelSource")]


@hookimpl
def spine_register_alert_channels():
    return [
        ChannelSpec("teams", "spine_office.kinds:TeamsChannel"),
        ChannelSpec("{LONGEST}", "spine_office.kinds:TeamsChannel"),
    ]
"""

KINDS = """
from spine.framework.alerts import BaseChannel, DeliveryResult
from spine.framework.sources import BaseSource, SourceResult, recorded


class ExcelSource(BaseSource):
    def __init__(self, name):
        super().__init__(name, "cells")

    @recorded
    def fetch(self, params=None):
        if params:
            return SourceResult.fail(self._wrap_error(OSError("no such sheet")), self._create_metadata(params))
        return SourceResult.ok([{"id": "007"}], self._create_metadata(params))


class TeamsChannel(BaseChannel):
    def __init__(self, name, **options):
        super().__init__(name, "teams", **options)

    def send(self, alert):
        return DeliveryResult.ok(self.name)
"""

DECLARED = f"""
[sources.book]
type = "cells"

[channels.ops]
type = "teams"

[channels.long]
type = "{LONGEST}"
min_severity = "CRITICAL"
"""

IN_A_MODULE = """
from spine.framework.sources import register_source
from spine_office.kinds import ExcelSource

register_source(ExcelSource("in.module"))
"""


@pytest.fixture
def project(installed_plugin, scratch_project):
    installed_plugin("office", PLUGIN, modules={"kinds.py": KINDS})
    return scratch_project(DECLARED, IN_A_MODULE)


def test_sources_of_an_own_type_are_listed(project):
    listed = project.call("sources", "list", "--json").json
    assert [(row["name"], row["source_type"]) for row in listed] == [("book", "cells"), ("in.module", "cells")]
    assert project.call("sources", "show", "in.module").out.splitlines()[1].split() == ["type", "cells"]


def test_a_fetch_says_its_type_and_is_kept_with_it(project):
    assert project.call("sources", "fetch", "book", "--json").json["source_type"] == "cells"
    failed = project.call("sources", "fetch", "book", "-p", "sheet=2")
    assert (failed.code, "no such sheet" in failed.sentence) == (1, True)
    with open_project(project.root) as opened:
        assert [row["source_type"] for row in opened.sources.fetches("book")] == ["cells", "cells"]
        assert source_registry.list_by_type("cells") == ["book", "in.module"]


def test_an_alert_is_routed_to_a_channel_of_an_own_type(project):
    channels = project.call("alerts", "channels", "--json").json
    assert {row["name"]: row["channel_type"] for row in channels} == {"ops": "teams", "long": LONGEST}
    assert project.call("alerts", "test", "ops").code == 0
    routed = project.call("alerts", "route", "--json").json
    assert [row["name"] for row in routed] == ["ops"]
    with open_project(project.root) as opened:
        alert = Alert(AlertSeverity.ERROR, "Ingest failed", "The disk is full", source="ingest")
        assert [row["takes"] for row in opened.alerts.explain(alert)] == [False, True]
        assert alert_registry.list_by_type("teams") == ["long", "ops"]
        assert [result.channel_name for result in alert_registry.send_to_type(alert, "teams")] == ["ops"]
    assert {row["channel_name"] for row in project.call("alerts", "history", "--json").json} == {"ops"}
