"""The authorities of certifi are read once in a process, those that a variable names for each connection anew."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest

from spine.http.tls import usual_tls


@pytest.fixture(autouse=True)
def no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)
    monkeypatch.delenv("SSL_CERT_DIR", raising=False)


def test_the_authorities_of_certifi_are_read_once() -> None:
    assert usual_tls() is usual_tls()
    assert usual_tls().cert_store_stats()["x509_ca"] > 50


def test_a_variable_that_is_set_later_counts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert usual_tls().cert_store_stats()["x509_ca"] > 50
    first = Path(certifi.where()).read_text().partition("-----END CERTIFICATE-----")
    (tmp_path / "ca.pem").write_text(first[0] + first[1])
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.pem"))
    assert usual_tls().cert_store_stats()["x509_ca"] == 1
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "none.pem"))
    with pytest.raises(OSError, match="No such file"):
        usual_tls()
    monkeypatch.delenv("SSL_CERT_FILE")
    assert usual_tls().cert_store_stats()["x509_ca"] > 50
