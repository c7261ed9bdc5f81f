"""`[contracts]` is read and checked; a fault is one sentence with its place, and names of columns are no secrets."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from spine.config.contracts import Check, CheckKind, Drift, Severity
from spine.config.explain import explain
from spine.config.faults import Faults
from spine.config.load import load_settings
from spine.config.secret_texts import secret_texts
from spine.config.settings import Settings
from spine.core.errors import ConfigError, InvalidConfigError
from spine.plugins.catalog import load_catalog


def _load(root: Path, text: str, **environ: str) -> Settings:
    (root / "spine.toml").write_text(f'[contracts."finra.*"]\n{text}\n')
    return load_settings(root, environ)


def test_a_contract_has_columns_drift_and_checks_in_their_order(tmp_path: Path) -> None:
    text = """
columns = { symbol = "string", price = "decimal(18,4)" }
drift = "freeze"

[[contracts."finra.*".checks]]
check = "unique"
columns = ["symbol", "price"]

[[contracts."finra.*".checks]]
check = "freshness"
max_age_days = "36h"
severity = "warn"
"""
    found = _load(tmp_path, text).contracts["finra.*"]
    assert {name: str(kind) for name, kind in found.columns.items()} == {"symbol": "string", "price": "decimal(18,4)"}
    assert found.drift is Drift.FREEZE
    unique, freshness = found.checks
    assert unique == Check(CheckKind.UNIQUE, ["symbol", "price"])
    assert (unique.name, unique.severity) == ("unique(symbol, price)", Severity.FAIL)
    assert (freshness.severity, freshness.max_age_days) == (Severity.WARN, timedelta(hours=36) / timedelta(days=1))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ('columns = ["a"]', "columns must be a table, not a list"),
        ('columns = { a = "int65" }', ": type 'int65' is not known; did you mean 'int64'?"),
        ('columns = { a = "decimal" }', ": type 'decimal' needs its digits: decimal(18,4), at most 76 of them"),
        ('drift = "x"', ": drift must be one of evolve, freeze, discard, quarantine, not 'x'"),
        ('drift = "freeze"', ': drift = "freeze" needs columns: say which are known'),
        (
            'columns = { a = "int64" }\ndrift = "discard"\nchecks = [{ check = "unique", columns = "b" }]',
            ": check unique(b) is about column 'b', which is not among columns",
        ),
        ("check = []", ": unknown key 'check'; did you mean 'checks'?"),
        ('checks = ["x"]', "checks[0] must be a table, not a text"),
        ("checks = [{ columns = ['a'] }]", "checks[0]: key 'check' is missing"),
        ('checks = [{ check = "uniqe" }]', "checks[0]: check must be one of not_null, unique, "),
        ('checks = [{ check = "unique" }]', "checks[0]: check unique needs columns"),
        ('checks = [{ check = "unique", column = "a" }]', "checks[0]: unknown key 'column'; did you mean 'columns'?"),
        ('checks = [{ check = "unique", columns = [1] }]', "checks[0].columns[0] must be a text, not an integer"),
        (
            'checks = [{ check = "unique", columns = "a", min = 1 }]',
            "checks[0]: check unique takes no min: leave it out",
        ),
        ('checks = [{ check = "in_range", columns = "a" }]', "checks[0]: check in_range needs min or max"),
        ('checks = [{ check = "in_range", columns = "a", min = true }]', "checks[0]: min must be a number, a text, a "),
        ('checks = [{ check = "in_range", columns = "a", max = nan }]', "checks[0]: max must be a finite number"),
        ('checks = [{ check = "matches", columns = "a" }]', "checks[0]: check matches needs pattern"),
        ('checks = [{ check = "one_of", columns = "a" }]', "checks[0]: check one_of needs values"),
        ('checks = [{ check = "row_count", min = 0.5 }]', "checks[0]: min and max of check row_count are integers"),
        ('checks = [{ check = "row_count" }]', "checks[0]: check row_count needs min or max or max_change_percent"),
        ('checks = [{ check = "row_count", max_change_percent = -1 }]', "checks[0]: 'max_change_percent' must be >= 0"),
        (
            'checks = [{ check = "unique", columns = "a" }, { check = "row_count", min = 1, severity = "quarantine" }]',
            "checks[1]: check row_count is about all rows, and none can be set aside: use warn or fail",
        ),
        ('checks = [{ check = "freshness" }]', "checks[0]: check freshness needs max_age_days"),
        ('checks = [{ check = "freshness", max_age_days = "2 days" }]', "checks[0].max_age_days must be a number, or "),
        (
            'checks = [{ check = "freshness", max_age_days = 1, columns = ["a", "b"] }]',
            "checks[0]: check freshness takes",
        ),
        ('checks = [{ check = "references", columns = "a" }]', "checks[0]: check references needs capture"),
        (
            'checks = [{ check = "references", columns = "a", capture = "b", to = ["c", "d"] }]',
            "checks[0]: check references needs as many names in to as in columns",
        ),
        ('checks = [{ check = "function" }]', "checks[0]: check function needs function"),
        ('checks = [{ check = "function", function = "a.b" }]', "checks[0]: function 'a.b' is not valid: write "),
        ('checks = [{ check = "function", function = 7 }]', "checks[0]: function must be a text such as"),
    ],
)
def test_a_fault_is_told_with_its_place(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        _load(tmp_path, text)
    place = f"{tmp_path / 'spine.toml'}: contracts.finra.*"
    assert str(caught.value).removeprefix(place).removeprefix(".").startswith(sentence)


def test_a_contract_with_a_fault_hides_no_other(tmp_path: Path) -> None:
    (tmp_path / "spine.toml").write_text('[contracts.a]\ndrift = "x"\n[contracts.b]\ncolumns = { c = "date" }\n')
    faults = Faults(collected=True)
    assert list(load_settings(tmp_path, {}, faults).contracts) == ["b"]
    assert [fault.part for fault in faults.found] == ["contracts.a"]


def test_columns_that_are_named_like_secrets_are_shown(tmp_path: Path) -> None:
    text = 'columns = { password = "string" }\nchecks = [{ check = "not_null", columns = "password" }]'
    settings, catalog = _load(tmp_path, text), load_catalog()
    found = {item.key: item for item in explain(settings, catalog)}
    assert found["contracts.finra.*.columns"].value == {"password": "string"}
    assert found["contracts.finra.*.checks"].origin == "spine.toml"
    assert found["contracts.finra.*.drift"].origin == "default"
    assert list(secret_texts(settings, catalog, {})) == []


@pytest.mark.parametrize("given", [{"columns": "a", "severity": "x"}, {"columns": [1]}])
def test_code_is_told_what_is_wrong_too(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidConfigError):
        Check("not_null", **given)
