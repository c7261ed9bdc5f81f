"""The SSL options, against certificates that are real."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme

from spine.core.adapters.database import get_adapter
from spine.core.errors import DatabaseConnectionError, is_retryable
from spine_db_postgres.adapter import PostgreSQLAdapter
from tests.db_postgres.conftest import TlsEndpoint

Open = Callable[..., TlsEndpoint]


@pytest.fixture
def plain_port() -> Iterator[int]:
    """The port of something that answers a request for TLS as a server without it does."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def refuse() -> None:
            client, _ = listener.accept()
            with client:
                client.recv(8)
                client.sendall(b"N")
                client.recv(1)

        thread = threading.Thread(target=refuse)
        thread.start()
        yield listener.getsockname()[1]
        thread.join()


@pytest.mark.parametrize("mode", ["prefer", "require"])
def test_a_connection_is_encrypted(tls_endpoint: Open, login: dict[str, Any], mode: Any) -> None:
    endpoint = tls_endpoint()
    with PostgreSQLAdapter(**login, port=endpoint.port, ssl_mode=mode) as adapter:
        assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
    assert endpoint.versions == ["TLSv1.3"]


def test_verify_full_takes_a_server_that_the_authority_vouches_for(
    tls_endpoint: Open, login: dict[str, Any], authority_file: str
) -> None:
    port = tls_endpoint().port
    with PostgreSQLAdapter(**login, port=port, ssl_mode="verify-full", ssl_root_cert=authority_file) as adapter:
        assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
    url = f"postgresql://{login['username']}@localhost:{port}/{login['database']}"
    with get_adapter(f"{url}?sslmode=verify-full&sslrootcert={authority_file}") as adapter:
        assert adapter.query("SELECT 1 AS one") == [{"one": 1}]


def test_verify_full_refuses_another_authority_and_another_name(
    tls_endpoint: Open, login: dict[str, Any], authority_file: str, tmp_path: Path
) -> None:
    other = tmp_path / "other.pem"
    trustme.CA().cert_pem.write_to_path(other)
    cases = [
        (tls_endpoint(), str(other), "certificate verify failed"),
        (tls_endpoint("elsewhere.example"), authority_file, "does not match host name"),
        (tls_endpoint(), str(tmp_path / "missing.pem"), "does not exist"),
    ]
    for endpoint, file, message in cases:
        adapter = PostgreSQLAdapter(**login, port=endpoint.port, ssl_mode="verify-full", ssl_root_cert=file)
        with pytest.raises(DatabaseConnectionError, match=message) as caught:
            adapter.connect()
        assert not is_retryable(caught.value)


def test_a_client_certificate_is_sent(
    tls_endpoint: Open, login: dict[str, Any], authority: trustme.CA, tmp_path: Path
) -> None:
    port = tls_endpoint(client_certificates=True).port
    certificate, key = tmp_path / "client.pem", tmp_path / "client.key"
    issued = authority.issue_cert("ada@example.org")
    issued.cert_chain_pems[0].write_to_path(certificate)
    issued.private_key_pem.write_to_path(key)
    key.chmod(0o600)
    options: dict[str, Any] = {**login, "port": port, "ssl_mode": "require"}
    with PostgreSQLAdapter(**options, ssl_cert=str(certificate), ssl_key=str(key)) as adapter:
        assert adapter.query("SELECT 1 AS one") == [{"one": 1}]
    with pytest.raises(DatabaseConnectionError):
        PostgreSQLAdapter(**options).connect()


def test_require_refuses_a_server_without_tls(plain_port: int, login: dict[str, Any]) -> None:
    adapter = PostgreSQLAdapter(**login, port=plain_port, ssl_mode="require")
    with pytest.raises(DatabaseConnectionError, match="server does not support SSL") as caught:
        adapter.connect()
    assert not is_retryable(caught.value)
