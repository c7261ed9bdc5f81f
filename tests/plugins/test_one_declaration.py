"""Options are declared once, in the attrs config class: everything else follows from it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import attrs
import pytest

from spine.core.errors import ConfigError, InvalidConfigError, SpineError
from spine.framework.alerts import alert_registry
from spine.plugins.catalog import current_catalog
from spine.plugins.options import describe_options, option_fields
from spine.testing.command_line import call

CONFIGURED = [
    (kind, descriptor.name)
    for kind in ("source", "alert_channel", "database")
    for descriptor in current_catalog().descriptors(kind)
    if descriptor.config is not None
]

ODD_VALUES: list[Any] = [5, -1, 1.5, float("nan"), 10**400, "5432a", "", b"x", None, True, object(), Path("a")]
ODD_VALUES += [[], [5], {"a": 5}]

PLUGIN = """
from spine.plugins import ChannelSpec, hookimpl


@hookimpl
def spine_register_alert_channels():
    config = "spine_teams.channel:TeamsChannelConfig"
    return [ChannelSpec("teams", "spine_teams.channel:TeamsChannel", config=config, help="Teams.")]
"""

CHANNEL = """
from attrs import field, frozen
from spine.core.configured import configured_by
from spine.framework.alerts import BaseChannel, ChannelConfig, ChannelType, DeliveryResult


@frozen
class TeamsChannelConfig(ChannelConfig):
    url: str = field(metadata={"help": "Where to post."})
    card_color: str = field(default="red", kw_only=True, metadata={"help": "The color of the card."})


class TeamsChannel(BaseChannel):
    @configured_by(TeamsChannelConfig)
    def __init__(self, options):
        super().__init__(channel_type=ChannelType.WEBHOOK, **options.common())
        self.card_color = options.card_color

    def send(self, alert):
        return DeliveryResult.ok(self.name, self.card_color)
"""


@pytest.mark.parametrize(("kind", "name"), CONFIGURED)
def test_a_constructor_takes_the_fields_of_its_config_class(kind: str, name: str) -> None:
    made, config = current_catalog().load_class(kind, name), current_catalog().load_config(kind, name)
    assert config is not None
    assert inspect.signature(made) == inspect.signature(config).replace(return_annotation=inspect.Signature.empty)


@pytest.mark.parametrize(("kind", "name"), [given for given in CONFIGURED if given[0] != "database"])
def test_the_name_is_the_first_argument_and_no_option(kind: str, name: str) -> None:
    config = current_catalog().load_config(kind, name)
    assert config is not None
    assert next(iter(inspect.signature(config).parameters)) == "name"
    assert "name" not in option_fields(kind, config)


@pytest.mark.parametrize(("kind", "name"), CONFIGURED)
def test_every_option_is_described(kind: str, name: str) -> None:
    [descriptor] = [found for found in current_catalog().descriptors(kind) if found.name == name]
    config = current_catalog().load_config(kind, name)
    assert config is not None
    described = describe_options(descriptor)
    names = [option["option"] for option in described]
    assert [name for name in names if "." not in name] == list(option_fields(kind, config))
    assert all(option["help"].endswith(".") for option in described)


def test_the_options_of_a_table_are_described_after_it() -> None:
    [descriptor] = [found for found in current_catalog().descriptors("source") if found.name == "http"]
    described = {option["option"]: option for option in describe_options(descriptor)}
    names = list(described)
    assert names[names.index("pagination") + 1] == "pagination.type"
    assert described["pagination.max_pages"]["default"] == 10_000
    assert "auth.client_secret" in described


def test_a_field_of_the_config_class_is_an_argument_an_option_and_in_the_reference(
    installed_plugin: Callable[..., object], scratch_project: Callable[..., Any]
) -> None:
    installed_plugin("teams", PLUGIN, modules={"channel.py": CHANNEL})
    made = current_catalog().load_class("alert_channel", "teams")
    assert inspect.signature(made).parameters["card_color"].default == "red"
    shown = call("plugins", "show", "teams", "--json").json
    assert "card_color" in str(shown)
    scratch_project(settings='[channels.ops]\ntype = "teams"\nurl = "x"\ncard_color = "blue"\n').register_channels()
    channel = alert_registry.get("ops")
    assert channel.card_color == "blue"  # type: ignore[union-attr]


@pytest.mark.parametrize("key", ["card_colour", "name"])
def test_an_unknown_option_in_the_settings_is_refused_with_the_closest(
    installed_plugin: Callable[..., object], scratch_project: Callable[..., Any], key: str
) -> None:
    installed_plugin("teams", PLUGIN, modules={"channel.py": CHANNEL})
    with pytest.raises(ConfigError, match=f"channels.ops: unknown key '{key}'"):
        scratch_project(settings=f'[channels.ops]\ntype = "teams"\nurl = "x"\n{key} = "blue"\n')


def test_an_argument_that_is_no_option_is_refused_with_the_closest(installed_plugin: Callable[..., object]) -> None:
    installed_plugin("teams", PLUGIN, modules={"channel.py": CHANNEL})
    made = current_catalog().load_class("alert_channel", "teams")
    with pytest.raises(InvalidConfigError, match="TeamsChannel has no option 'card_colour'; did you mean 'card_color'"):
        made("ops", "url", card_colour="blue")


@pytest.mark.parametrize(("kind", "name"), CONFIGURED)
def test_a_value_of_another_type_is_an_error_of_spine(kind: str, name: str) -> None:
    made, config = current_catalog().load_class(kind, name), current_catalog().load_config(kind, name)
    assert config is not None
    raised = {(option, repr(value)[:20]): error for option, value, error in _odd_errors(made, config)}
    assert [case for case, error in raised.items() if not isinstance(error, SpineError)] == []
    assert raised


def _odd_errors(made: Callable[..., object], config: type[Any]) -> Iterator[tuple[str, object, Exception]]:
    """Yield the option, the value and the error for each odd value that the constructor refuses."""
    usual = {"name": "a", "url": "https://files.example/a", "webhook_url": "https://hooks.example/a"}
    fields = attrs.fields(config)
    needed = {field.name: usual.get(field.name, "x") for field in fields if field.default is attrs.NOTHING}
    for option, value in ((field.name, value) for field in fields for value in ODD_VALUES):
        try:
            made(**needed | {option: value})
        except Exception as error:
            yield option, value, error
