"""Lineage: the captures, fetches and tables that steps have read and written."""

from __future__ import annotations

from spine.framework.lineage.edge import Direction, Edge, EdgeKind, record_edge
from spine.framework.lineage.store import LineageStore, MemoryLineageStore, lineage_store

__all__ = ["Direction", "Edge", "EdgeKind", "LineageStore", "MemoryLineageStore", "lineage_store", "record_edge"]
