"""A cluster behind mutual TLS."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from attrs import frozen

from spine.core.errors import NetworkError
from spine.orchestration.executors.base import Task
from spine.testing.conformance import executor_tasks as tasks
from spine_executor_dask.executor import DaskExecutor
from tests.executor_dask.conftest import WORKER, DaskCluster
from tests.projects import DEADLINE_SECONDS


@frozen
class Files:
    """Files of one authority, and of one party that it trusts."""

    ca: str
    cert: str
    key: str


def files_in(folder: Path) -> Files:
    folder.mkdir()
    authority = trustme.CA()
    party = authority.issue_cert("localhost", "127.0.0.1")
    found = Files(*(str(folder / name) for name in ("ca.pem", "cert.pem", "key.pem")))
    authority.cert_pem.write_to_path(found.ca)
    party.cert_chain_pems[0].write_to_path(found.cert)
    party.private_key_pem.write_to_path(found.key)
    return found


@pytest.fixture
def ours(tmp_path: Path) -> Files:
    return files_in(tmp_path / "ours")


@pytest.fixture
def address(cluster: DaskCluster, ours: Files) -> Iterator[str]:
    cluster.tls = ("--tls-ca-file", ours.ca, "--tls-cert", ours.cert, "--tls-key", ours.key)
    return cluster.start(1, *WORKER)


@pytest.mark.slow
def test_items_run_behind_mutual_tls(address: str, ours: Files) -> None:
    assert address.startswith("tls://")
    executor = DaskExecutor(2, address=address, tls_ca_file=ours.ca, tls_cert=ours.cert, tls_key=ours.key)
    assert executor.submit(Task(tasks.square, {"number": 3})).result(DEADLINE_SECONDS) == 9
    executor.close()


def test_a_cluster_of_another_authority_is_not_talked_to(address: str, ours: Files, tmp_path: Path) -> None:
    theirs = files_in(tmp_path / "theirs")
    for files in (theirs, Files(theirs.ca, ours.cert, ours.key), Files(ours.ca, theirs.cert, theirs.key)):
        executor = DaskExecutor(
            2, address=address, tls_ca_file=files.ca, tls_cert=files.cert, tls_key=files.key, connect_seconds=2.0
        )
        with pytest.raises(NetworkError, match="cannot be reached"):
            executor.submit(Task(tasks.square, {"number": 3}))
        executor.close()


def test_a_plain_connection_to_it_is_refused(address: str) -> None:
    executor = DaskExecutor(2, address=address.replace("tls", "tcp"), connect_seconds=2.0)
    with pytest.raises(NetworkError, match="cannot be reached"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()


def test_a_file_that_is_no_certificate_is_an_error(address: str, ours: Files, tmp_path: Path) -> None:
    (tmp_path / "bad.pem").write_text("not a certificate")
    bad = str(tmp_path / "bad.pem")
    executor = DaskExecutor(2, address=address, tls_ca_file=ours.ca, tls_cert=bad, tls_key=ours.key)
    with pytest.raises(NetworkError, match="cannot be reached"):
        executor.submit(Task(tasks.square, {"number": 3}))
    executor.close()
