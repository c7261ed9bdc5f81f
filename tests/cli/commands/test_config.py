"""`spine config show`: the settings in effect, their origin, and no secret."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.projects import Project

Make = Callable[..., Project]

SECRETS = """
[sources.api]
type = "http"
url = "https://user:hunter2@host/path?api_key=hunter2"

[channels.ops]
type = "slack"
webhook_url = "https://hooks.example/hunter2"

[channels.mail]
type = "email"
password = { env = "MAIL_PASSWORD" }
"""


def test_everything_in_effect_is_there_with_its_origin(scratch_project: Make) -> None:
    shown = scratch_project().call("config", "show").out
    lines = {line.split()[0]: line.split()[1:] for line in shown.splitlines() if line}
    assert lines["spine.name"] == ["scratch", "spine.toml"]
    assert lines["spine.database"] == ["sqlite:///.spine/spine.db", "default"]


def test_json_is_one_object_by_key(scratch_project: Make) -> None:
    found = scratch_project().call("config", "show", "--json").json
    assert found["spine.modules"] == {"value": ["flows"], "origin": "spine.toml"}


@pytest.mark.slow
def test_no_secret_is_shown_in_any_form(scratch_project: Make) -> None:
    project = scratch_project(SECRETS)
    for arguments in ((), ("--json",), ("--explain", "channels"), ("--explain", "sources.api.url")):
        outcome = project.run("config", "show", *arguments, env={"MAIL_PASSWORD": "hunter2"})
        assert outcome.code == 0
        assert "hunter2" not in outcome.out + outcome.err
    assert '{ env = "MAIL_PASSWORD" }' in project.run("config", "show").out


def test_one_setting_is_explained(scratch_project: Make) -> None:
    project = scratch_project()
    outcome = project.run("config", "show", "--explain", "spine.name", env={"SPINE__SPINE__NAME": "007"})
    assert outcome.out.splitlines() == [
        "key     spine.name",
        "value   007",
        "origin  environment variable SPINE__SPINE__NAME, over spine.toml",
    ]
    assert "default  .spine/captures" in project.call("config", "show", "--explain", "spine.store").out


def test_a_section_is_explained(scratch_project: Make) -> None:
    found = scratch_project().call("config", "show", "--explain", "alerts", "--json").json
    names = [
        "on_failure",
        "on_recovery",
        "on_sla",
        "sla_minutes",
        "throttle_minutes",
        "fallback",
        "base_url",
        "workflows",
    ]
    assert list(found) == [f"alerts.{name}" for name in names]


def test_an_unknown_setting_is_refused_with_the_closest(scratch_project: Make) -> None:
    outcome = scratch_project().call("config", "show", "--explain", "spine.databse")
    assert (outcome.code, outcome.out) == (2, "")
    assert outcome.sentence == "there is no setting 'spine.databse'; did you mean 'spine.database'?"


def test_it_works_where_the_modules_do_not(scratch_project: Make) -> None:
    assert scratch_project(flows="1 / 0").call("config", "show").code == 0
