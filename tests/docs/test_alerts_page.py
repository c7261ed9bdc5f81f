"""docs/alerts.md shows the messages as they are, and its settings make the channels."""

from __future__ import annotations

import re
import struct
from pathlib import Path

import pytest

from spine.app import open_project
from spine.framework.alerts import ChannelType, alert_registry
from tests.docs.alert_sample import html, samples
from tests.docs.render_email_picture import PICTURE, marked
from tests.projects import Project

PAGE = (Path(__file__).parents[2] / "docs" / "alerts.md").read_text()
VARIABLES = [
    "ALERT_URL",
    "ALERT_TOKEN",
    "SLACK_WEBHOOK",
    "SMTP_PASSWORD",
    "PAGERDUTY_ROUTING_KEY",
    "SERVICENOW_PASSWORD",
]
FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("finra.weekly_refresh", [Step.lambda_("load", lambda context, config: None)]))
"""
CANARY = "canary4711secret"


@pytest.mark.parametrize("channel", samples())
def test_a_sample_is_what_a_person_sees(channel: str) -> None:
    section = PAGE.split(f"### {channel}\n")[1]
    [shown] = re.findall(r"```\w+\n(.*?)\n```", section.split("\n##")[0], re.DOTALL)
    assert shown == samples()[channel].rstrip()


def test_the_picture_of_the_mail_is_of_the_mail_as_it_is() -> None:
    """After a change: `python -m tests.docs.render_email_picture`, and look at it."""
    picture = PICTURE.read_bytes()
    header_end = 8 + 12 + struct.unpack(">I", picture[8:12])[0]
    length = 12 + struct.unpack(">I", picture[header_end : header_end + 4])[0]
    without = picture[:header_end] + picture[header_end + length :]
    assert picture == marked(without, html())
    assert PICTURE.name in PAGE


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Project:
    settings = "\n".join(re.findall(r"```toml\n(.*?)```", PAGE, re.DOTALL))
    for name in VARIABLES:
        monkeypatch.setenv(name, f"https://hooks.example.org/{CANARY}" if name in VARIABLES[::2] else CANARY)
    project = Project(tmp_path)
    project.write("spine.toml", f'[spine]\nname = "x"\nmodules = ["flows"]\n\n{settings}')
    project.write("flows.py", FLOWS)
    return project


def test_its_settings_make_a_channel_of_each_kind(project: Project) -> None:
    with open_project(project.root) as application:
        application.runner()
        channels = [alert_registry.get(name) for name in alert_registry.list_channels()]
        assert {channel.channel_type for channel in channels if channel} == set(ChannelType)
        assert CANARY not in repr(channels)


def test_the_command_line_shows_none_of_their_secrets(project: Project) -> None:
    literal = project.root / "spine.toml"
    text = literal.read_text()
    for name in VARIABLES:
        text = text.replace(f'{{ env = "{name}" }}', f'"https://hooks.example.org/{CANARY}"')
    for settings in (literal.read_text(), text):
        literal.write_text(settings)
        shown = project.call("config", "show")
        assert shown.code == 0, shown.err
        assert "channels.ops.webhook_url" in shown.out
        assert CANARY not in shown.out + shown.err


def test_its_route_is_explained_as_it_shows(project: Project) -> None:
    [(command, shown)] = re.findall(r"```console\n\$ spine (alerts route .*?)\n(.*?)```", PAGE, re.DOTALL)
    assert project.call(*command.split()).out.split() == shown.split()
