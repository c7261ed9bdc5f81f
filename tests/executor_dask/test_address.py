"""Clusters that others reach are refused without mutual TLS, before anything is connected."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from attrs import fields

from spine.core.errors import ConfigError
from spine_executor_dask.config import DaskConfig
from spine_executor_dask.executor import DaskExecutor
from tests.projects import Project

README = Path(__file__).parents[2] / "spine-executor-dask" / "README.md"
ELSEWHERE = [
    "tcp://10.0.0.7:8786",
    "tcp://dask.example:8786",
    "tcp://0.0.0.0:8786",
    "tcp://127.0.0.1.example:8786",
    "tcp://127.0.0.1@dask.example:8786",
    "tcp://localhost@dask.example:8786",
    "tcp://[::]:8786",
    "tcp://[::1:8786",
    "tcp://127.0.0.1:8786/x",
    "tcp://127.0.0.1:port",
    "tcp://127.0.0.1",
    "tcp://",
    "127.0.0.1:8786",
    "inproc://127.0.0.1/1/1",
    "ucx://127.0.0.1:8786",
    "ws://localhost:8786",
    "gateway://localhost:8786",
    "\0",
    "",
]


@pytest.mark.parametrize("address", ELSEWHERE)
def test_a_cluster_that_is_not_on_the_loopback_needs_tls(address: str) -> None:
    with pytest.raises(ConfigError, match="must be on the loopback of this machine") as caught:
        DaskExecutor(2, address=address)
    assert "tls_ca_file, tls_cert and tls_key" in str(caught.value)


@pytest.mark.parametrize(
    "address", ["tcp://127.0.0.1:8786", "tcp://127.3.2.1:1", "tcp://[::1]:8786", "tcp://localhost:1"]
)
def test_the_loopback_is_accepted(address: str) -> None:
    assert DaskExecutor(2, address=address).config.address == address


@pytest.mark.parametrize("given", [(), ("tls_ca_file",), ("tls_ca_file", "tls_cert"), ("tls_cert", "tls_key")])
def test_tls_is_mutual(given: tuple[str, ...], tmp_path: Path) -> None:
    file = tmp_path / "file.pem"
    file.touch()
    with pytest.raises(ConfigError, match="both sides must show a certificate"):
        DaskExecutor(2, address="tls://dask.example:8786", **dict.fromkeys(given, str(file)))


def test_a_file_of_tls_that_is_not_there_is_named(tmp_path: Path) -> None:
    files = dict.fromkeys(("tls_ca_file", "tls_cert", "tls_key"), str(tmp_path / "none.pem"))
    with pytest.raises(ConfigError, match=r"tls_ca_file is '.*none\.pem': there is no such file"):
        DaskExecutor(2, address="tls://dask.example:8786", **files)


@pytest.mark.parametrize("option", [{"workers": 2}, {"max_memory": 1 << 30}])
def test_options_of_a_cluster_started_here_do_not_go_with_an_address(option: dict[str, int]) -> None:
    with pytest.raises(ConfigError, match="give one"):
        DaskExecutor(2, address="tcp://127.0.0.1:8786", **option)


def test_files_of_tls_do_not_go_without_an_address() -> None:
    with pytest.raises(ConfigError, match="tls_cert is for a cluster with an address"):
        DaskExecutor(2, tls_cert="x.pem")


@pytest.mark.parametrize("option", [{"workers": 0}, {"timeout": 0.0}, {"allowed_failures": 0}, {"max_memory": 0}])
def test_numbers_are_checked(option: dict[str, float]) -> None:
    with pytest.raises(ConfigError):
        DaskExecutor(2, **option)


def test_the_readme_lists_the_options() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (\S+) \| (.+) \|$", README.read_text(), re.MULTILINE)
    expected = [
        (each.name, "none" if each.default is None else f"`{each.default!r}`", each.metadata["help"])
        for each in fields(DaskConfig)
    ]
    assert rows == expected


FLOW = """
from spine import Step, Workflow, workflow_registry

def double(context, item):
    return item * 2

workflow_registry.register(
    Workflow("w", [Step.map("each", "items", function=double, executor="dask")], defaults={"items": [1, 2]})
)
"""


def test_a_run_names_the_setting_and_connects_to_nothing(make_project: Callable[..., Project]) -> None:
    done = make_project(FLOW, 'address = "tcp://192.0.2.7:8786"\n').call("run", "w")
    assert done.code != 0
    assert "executors.dask" in done.err
    assert "Dask unpickles what its peers send" in done.err
