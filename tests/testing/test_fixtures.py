"""The kit's fixtures and fakes work as documented."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event, Timer
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from spine.app import Application
from spine.core.clock import Clock, wait_for
from spine.core.errors import SourceError
from spine.core.scope import Scope, current_scope
from spine.framework.alerts import Alert, AlertSeverity, alert_registry, send_alert
from spine.framework.sources import source_registry
from spine.orchestration import workflow_registry
from spine.plugins.catalog import current_catalog
from spine.plugins.errors import UnknownKindError
from spine.project import open_project
from spine.testing import FakePlugin, FakeSource, FixedClock, Outcome, RecordingChannel, make_project

PLUGIN = """
from spine.plugins import SourceSpec, hookimpl


@hookimpl
def spine_register_sources():
    return [SourceSpec("toy", "spine_toy.source:Toy", help="A toy.")]
"""

FLOWS = """
from spine.orchestration import Step, Workflow, workflow_registry

workflow_registry.register(Workflow("hello", [Step.lambda_("say", lambda ctx, config: {"said": "hello"})]))
"""


def test_a_fixed_clock_stands_until_it_is_moved() -> None:
    clock = FixedClock(datetime(2026, 5, 1, tzinfo=UTC))
    assert clock.now() == clock.now()
    assert clock.advance(90) == datetime(2026, 5, 1, 0, 1, 30, tzinfo=UTC)
    clock.set(datetime(2027, 1, 1, tzinfo=UTC))
    assert clock.now().year == 2027


def test_a_fixed_clock_shows_utc_and_refuses_a_time_without_a_zone() -> None:
    clock = FixedClock(datetime(2026, 5, 1, 6, tzinfo=ZoneInfo("America/New_York")))
    assert clock.now() == datetime(2026, 5, 1, 10, tzinfo=UTC)
    assert clock.now().tzinfo is UTC
    with pytest.raises(ValueError, match="has no time zone"):
        clock.set(datetime(2026, 5, 1))


def test_the_fixture_of_the_clock_begins_in_2026(fixed_clock: FixedClock) -> None:
    assert fixed_clock.now() == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_scope_has_empty_registries(spine_scope: Scope) -> None:
    assert current_scope() is spine_scope
    assert (source_registry.list_sources(), workflow_registry.list_workflows()) == ([], [])
    assert alert_registry.list_channels() == []


def test_every_alert_is_captured(captured_alerts: RecordingChannel) -> None:
    send_alert(AlertSeverity.INFO, "Title", "Message", source="anything")
    assert [alert.title for alert in captured_alerts.alerts] == ["Title"]


def test_a_recording_channel_can_be_told_to_fail() -> None:
    channel = RecordingChannel(error=OSError("refused"))
    alert_registry.register(channel)
    [result] = send_alert(AlertSeverity.ERROR, "Title", "Message", source="s")
    assert not result.success
    assert channel.alerts == []


def test_a_fake_source_brings_copies_of_its_rows_and_remembers_the_params() -> None:
    source = FakeSource("fake", [{"id": "1"}])
    source.fetch({"week": "7"}).data[0]["id"] = "changed"  # type: ignore[index]  # a success has data
    assert source.fetch().data == [{"id": "1"}]
    assert source.fetched_with == [{"week": "7"}, {}]


def test_a_fake_source_fails_with_the_error_it_is_given() -> None:
    error = SourceError("it is not there")
    assert FakeSource("fake", error=error).fetch().error is error


def test_a_fake_source_streams_and_notices_changed_rows_of_any_values() -> None:
    source = FakeSource("fake", [{"day": date(2026, 5, n)} for n in (1, 2, 3)])
    assert [len(batch) for batch in source.stream(batch_size=2)] == [2, 1]
    assert [source.fetch().metadata.content_changed for _ in range(2)] == [True, False]  # type: ignore[union-attr]
    source.rows = [{"day": date(2026, 5, 4)}]
    assert source.fetch().metadata.content_changed  # type: ignore[union-attr]


def test_plugins_made_at_the_same_moment_are_all_installed(installed_plugin: Callable[..., FakePlugin]) -> None:
    for number in range(20):
        plugin = PLUGIN.replace('"toy"', f'"toy-{number}"').replace("spine_toy", f"spine_toy_{number}")
        installed_plugin(f"toy-{number}", plugin, modules={"source.py": "class Toy:\n    name = 'Größe'\n"})
        toy = current_catalog().load_class("source", f"toy-{number}")
        assert (toy.name, current_catalog().names("source").count(f"toy-{number}")) == ("Größe", 1)


def test_a_made_plugin_counts_as_installed(installed_plugin: Callable[..., FakePlugin]) -> None:
    installed_plugin("toy", PLUGIN, modules={"source.py": "class Toy:\n    pass\n"})
    assert current_catalog().load_class("source", "toy").__name__ == "Toy"


def test_after_its_test_a_made_plugin_is_gone() -> None:
    """Whatever order the tests run in: nothing is left on the path or among the modules."""
    assert not [name for name in sys.modules if name.startswith("spine_toy")]
    with pytest.raises(UnknownKindError):
        current_catalog().load_class("source", "toy")


def test_a_scratch_project_is_open_during_the_test(scratch_project: Callable[..., Application]) -> None:
    project = scratch_project(flows=FLOWS)
    result = project.runner().execute(workflow_registry.get("hello"))
    assert result.context.get_output("say", "said") == "hello"
    assert (project.settings.root / ".spine" / "spine.db").is_file()


def test_a_made_project_has_its_files(tmp_path: Any) -> None:
    folder = make_project(tmp_path / "p", settings='[alerts]\non_failure = "none"\n', files={"data/a.csv": "a\n1\n"})
    assert "on_failure" in (folder / "spine.toml").read_text()
    assert (folder / "data" / "a.csv").read_text() == "a\n1\n"


SPINE_TOML = '[spine]\nname = "mine"\nmodules = ["jobs"]\n'


@pytest.mark.parametrize("as_files", [True, False])
def test_a_made_project_takes_the_settings_and_modules_of_a_user(tmp_path: Path, as_files: bool) -> None:
    toml, jobs = tmp_path / "spine.toml", tmp_path / "jobs.py"
    toml.write_text(SPINE_TOML)
    jobs.write_text(FLOWS)
    given: tuple[str | Path, str | Path] = (toml, jobs) if as_files else (SPINE_TOML, FLOWS)
    folder = make_project(tmp_path / "p", spine_toml=given[0], files={"jobs.py": given[1]})
    with open_project(folder) as project:
        assert project.name == "mine"
        assert workflow_registry.list_workflows() == ["hello"]
    assert {path.name for path in tmp_path.iterdir()} == {"spine.toml", "jobs.py", "p"}


def test_the_command_line_is_called_in_this_process(spine_cli: Callable[..., Outcome], tmp_path: Path) -> None:
    folder = str(make_project(tmp_path / "p", flows=FLOWS))
    done = spine_cli("--project", folder, "workflows", "list", "--json")
    assert (done.code, done.err, [row["name"] for row in done.json]) == (0, "", ["hello"])
    refused = spine_cli("--project", folder, "workflows", "show", "helo")
    assert (refused.code, refused.out) == (2, "")
    assert "did you mean 'hello'" in refused.sentence


def test_numbers_that_json_does_not_know_are_refused() -> None:
    with pytest.raises(AssertionError, match="NaN is not JSON"):
        assert Outcome(0, "[NaN]", "").json


def test_a_call_that_printed_no_json_shows_what_it_said() -> None:
    with pytest.raises(AssertionError, match="stdout is not JSON, exit code 2\nstdout: ''\nstderr: Error: no"):
        assert Outcome(2, "", "Error: no").json


WEBHOOK = '[channels.ops]\ntype = "webhook"\nurl = { env = "NOT_SET" }\nmin_severity = "INFO"\n'
FAILING = (
    FLOWS
    + """
workflow_registry.register(Workflow("fails", [Step.lambda_("say", lambda ctx, config: 1 / 0)]))
"""
)


def test_captured_alerts_stand_in_for_channels_whose_secrets_are_not_set(
    captured_alerts: RecordingChannel, tmp_path: Path
) -> None:
    clock = current_scope().provide(Clock, FixedClock(jumps=True))  # type: ignore[type-abstract]  # a protocol
    with open_project(make_project(tmp_path / "p", flows=FAILING, settings=WEBHOOK), {}) as project:
        project.run("fails")
    assert [alert.title for alert in captured_alerts.alerts] == ["fails failed"]
    assert clock.now().year == 2026


def test_captured_alerts_stand_in_for_a_channel_of_any_name(captured_alerts: RecordingChannel) -> None:
    other = alert_registry.register(RecordingChannel("ops"))
    alert = Alert(AlertSeverity.INFO, "Title", "Message", "anything")
    assert alert_registry.send(alert, "ops").success
    assert (captured_alerts.alerts, other.alerts) == ([alert], [])  # type: ignore[attr-defined]
    assert alert_registry.list_channels() == ["captured"]


def test_the_command_line_works_on_the_project_that_is_open_with_its_settings(
    spine_cli: Callable[..., Outcome], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = make_project(tmp_path / "p", flows=FLOWS)
    monkeypatch.chdir(real)
    with open_project(real) as production:
        production.run("hello")
    with open_project(real, {"SPINE__SPINE__DATABASE": f"sqlite:///{tmp_path}/test.db"}):
        assert spine_cli("runs", "list", "--json").json == []
    assert len(spine_cli("runs", "list", "--json").json) == 1


def test_a_clock_that_jumps_does_not_end_the_wait_for_another_thread() -> None:
    clock, done = FixedClock(jumps=True), Event()
    current_scope().provide(Clock, clock)  # type: ignore[type-abstract]  # a protocol is the key
    Timer(0.02, done.set).start()
    assert wait_for(done, 10)
    assert clock.monotonic() == 0
