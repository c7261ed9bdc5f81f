"""The checker of the fault tests finds what is planted."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from spine.core.adapters.database import get_adapter
from tests.withstand.checker import Kept, Verdict, judge, look
from tests.withstand.workload import make_folder, make_tables, recover, work

URL = "sqlite:///{}/case.db"


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    url = URL.format(folder)
    make_tables(url)
    work(make_folder(folder, url))
    return folder


@pytest.fixture
def kept(undisturbed: Path) -> Kept:
    return look(undisturbed)


@pytest.fixture
def plant(undisturbed: Path, tmp_path: Path) -> Callable[..., Verdict]:
    """Return a function that changes a copy of the undisturbed project by SQL and judges it."""

    def judged(*statements: str) -> Verdict:
        content = (undisturbed / "case.db").read_bytes()
        (tmp_path / "case.db").write_bytes(content)
        make_folder(tmp_path, URL.format(tmp_path))
        (tmp_path / "store-case").symlink_to(undisturbed / "store-case")
        with get_adapter(URL.format(tmp_path)) as adapter:
            for statement in statements:
                adapter.execute(statement)
        return judge(look(tmp_path), look(undisturbed))

    return judged


def test_an_undisturbed_project_is_clean(undisturbed: Path, kept: Kept) -> None:
    verdict = judge(kept, kept, kept, ["completes", "fails"])
    assert verdict.is_clean()
    assert verdict.figures() | {"runs": 2, "captures": 5, "alerts": 1} == verdict.figures()
    assert kept.statuses == {"completes": "COMPLETED", "fails": "FAILED"}
    recover(undisturbed)
    assert judge(look(undisturbed), kept, kept).is_clean()


def test_a_planted_loss_is_found(plant: Callable[..., Verdict]) -> None:
    verdict = plant("UPDATE core_workflow_runs SET status = 'FAILED'", "DELETE FROM core_captures WHERE name = 'raw'")
    assert any("capture raw" in text for text in verdict.lost)
    assert "run completes is FAILED, not COMPLETED" in verdict.lost


def test_a_planted_double_is_found(plant: Callable[..., Verdict], kept: Kept) -> None:
    columns = "project, name, domain, partition_key, content_hash, schema, row_count, byte_count, location, run_id"
    columns += ", step_name, attempt, captured_at, metadata"
    verdict = plant(
        f"INSERT INTO core_captures (capture_id, revision, replaced_at, {columns}) "
        f"SELECT 'x', 2, captured_at, {columns} FROM core_captures WHERE name = 'raw'",
        "INSERT INTO withstand_prices VALUES ('case', 1000, '1')",
    )
    assert [text.split()[1] for text in verdict.doubled] == ["capture", "price"]
    later = Kept(facts=kept.facts, statuses=kept.statuses, ran=kept.ran + kept.ran)
    assert any("load had finished and ran again" in text for text in judge(later, kept, kept).doubled)


def test_a_planted_hang_is_found(plant: Callable[..., Verdict]) -> None:
    verdict = plant(
        "UPDATE core_workflow_runs SET status = 'RUNNING' WHERE idempotency_key = 'completes'",
        "UPDATE core_alert_deliveries SET status = 'PENDING'",
    )
    assert verdict.stuck == ["run completes is RUNNING", "an alert of run fails is PENDING"]


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("DELETE FROM core_workflow_steps WHERE step_name = 'report'", "completes step report is missing"),
        ("DELETE FROM core_workflow_items WHERE item_index = 1", "completes item 1 is missing"),
        ("DELETE FROM core_captures WHERE name = 'report'", "completes capture report"),
        ("DELETE FROM core_source_state", "completes cursor rows"),
        ("DELETE FROM withstand_prices WHERE id = 1", "completes price 1"),
        ("DELETE FROM core_alerts", "run fails failed 1 times and has 0 alerts"),
    ],
)
def test_a_planted_silence_is_found(plant: Callable[..., Verdict], statement: str, found: str) -> None:
    """Something is left out although the run ended as it should."""
    [silent] = plant(statement).silent
    assert silent.startswith(found)


def test_an_acknowledged_run_that_is_gone_is_found(kept: Kept) -> None:
    nothing = Kept()
    assert judge(kept, kept, nothing, ["fails"]).lost == ["fails did not end before the recovery: None"]


def test_a_damaged_file_is_found(undisturbed: Path, kept: Kept) -> None:
    kept.faults = ["it is damaged"]
    assert judge(kept, kept).unsound == ["it is damaged"]


def test_a_child_that_hangs_is_found(tmp_path: Path) -> None:
    from tests.withstand.forks import in_fork

    child = in_fork(lambda: signal.pause(), seconds=0.05)
    assert (child.hung, child.ended_well) == (True, False)
    assert not in_fork(lambda: None).hung
