"""Each rule of the suite for migrations fails for migrations that break it."""

from __future__ import annotations

import pytest

from tests.testing.suite_run import failures

pytestmark = pytest.mark.slow  # the suite is run once for each rule that is broken

HEAD = """
import sys
from pathlib import Path

import pytest

from spine.plugins import MigrationSpec
from spine.testing import make_plugin
from spine.testing.conformance.migration import MigrationConformance
from spine.testing.fake_plugin import put_on_path, take_off_path

TABLES = '''
from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata = MetaData()
notes = Table("pad_notes", metadata, Column("id", Integer, primary_key=True), Column("text", Text))
'''

FIRST = '''
import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade():
    op.create_table("pad_notes", sa.Column("id", sa.Integer, primary_key=True))


def downgrade():
    op.drop_table("pad_notes")
'''

SECOND = '''
import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade():
    op.add_column("pad_notes", sa.Column("text", sa.Text))


def downgrade():
    with op.batch_alter_table("pad_notes") as table:
        table.drop_column("text")
'''


class Suite(MigrationConformance):
    head = "0002"
    metadata_name = "metadata"
    tables_py, first, second = TABLES, FIRST, SECOND

    @pytest.fixture(autouse=True)
    def installed(self, tmp_path_factory):
        folder = tmp_path_factory.mktemp("installed")
        modules = {"tables.py": self.tables_py, "migrations/0001.py": self.first, "migrations/0002.py": self.second}
        make_plugin(folder, "pad", "", modules=modules)
        put_on_path(folder)
        yield
        take_off_path(folder)

    def make_spec(self):
        metadata = self.metadata_name and f"spine_pad.tables:{self.metadata_name}"
        return MigrationSpec("pad", "spine_pad:migrations", head=self.head, metadata=metadata)


class TestRight(Suite):
    pass
"""

EVERY_UPGRADE = {
    "test_an_upgrade_makes_the_tables",
    "test_the_tables_are_as_they_are_declared",
    "test_upgrading_twice_is_harmless",
    "test_two_may_upgrade_at_once",
    "test_every_step_can_be_taken_back",
    "test_an_upgrade_follows_a_downgrade",
}

WRONG = {
    "NamesAnOlderHead": (
        """
    head = "0001"
""",
        {
            "test_the_head_is_the_newest_revision",
            "test_the_tables_are_as_they_are_declared",
            "test_an_upgrade_follows_a_downgrade",
        },
    ),
    "NamesNoMetadata": (
        """
    metadata_name = None
""",
        {"test_the_metadata_is_given", "test_an_upgrade_makes_the_tables"},
    ),
    "HasTablesOfAnyName": (
        """
    tables_py, first, second = (text.replace("pad_notes", "notes") for text in (TABLES, FIRST, SECOND))
""",
        {"test_tables_are_named_after_the_migrations"},
    ),
    "MakesMoreThanItSays": (
        """
    first = FIRST.replace(
        "def upgrade():", 'def upgrade():\\\\n    op.create_table("pad_more", sa.Column("id", sa.Integer))'
    ).replace("def downgrade():", 'def downgrade():\\\\n    op.drop_table("pad_more")')
""",
        {"test_an_upgrade_makes_the_tables"},
    ),
    "ForgetsAColumn": (
        """
    second = SECOND.replace('op.add_column("pad_notes", sa.Column("text", sa.Text))', "pass")
""",
        {
            "test_the_tables_are_as_they_are_declared",
            "test_every_step_can_be_taken_back",
            "test_an_upgrade_follows_a_downgrade",
        },
    ),
    "ForgetsItsVersion": (
        """
    second = SECOND.replace("op.add_column(", 'op.execute("DELETE FROM pad_schema_version"); op.add_column(')
""",
        EVERY_UPGRADE,
    ),
    "CommitsItself": (
        """
    first = FIRST.replace("def upgrade():", "def upgrade():\\\\n    import time\\\\n    op.get_bind().commit()")
""",
        EVERY_UPGRADE,
    ),
    "LeavesATable": (
        """
    first = FIRST.replace('op.drop_table("pad_notes")', "pass")
""",
        {"test_every_step_can_be_taken_back", "test_an_upgrade_follows_a_downgrade"},
    ),
    "CannotGoBackOneStep": (
        """
    second = SECOND.replace('with op.batch_alter_table("pad_notes") as table:', "if True:").replace(
        'table.drop_column("text")', "raise NotImplementedError"
    )
""",
        {"test_every_step_can_be_taken_back", "test_an_upgrade_follows_a_downgrade"},
    ),
}


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    source = HEAD + "".join(f"\n\nclass Test{name}(Suite):{body}" for name, (body, _) in WRONG.items())
    return failures(tmp_path_factory.mktemp("wrong_migrations"), source.replace("\\\\n", "\\n"))


def test_right_migrations_pass(failed):
    assert failed["TestRight"] == set()


@pytest.mark.parametrize("name", WRONG)
def test_the_suite_catches(name, failed):
    assert failed[f"Test{name}"] == WRONG[name][1]


def test_each_rule_is_broken_by_some_migrations():
    from spine.testing.conformance.migration import MigrationConformance

    rules = {name for name in vars(MigrationConformance) if name.startswith("test_")}
    assert rules == set().union(*(broken for _, broken in WRONG.values()))
