"""Revision that is not the declared head."""

from __future__ import annotations

revision = "first1"
down_revision = None


def upgrade() -> None: ...
