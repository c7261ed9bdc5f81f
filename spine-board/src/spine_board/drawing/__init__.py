"""Drawings as SVG: pure functions from rows to markup that is escaped, for pages and for reports.

The look is in `static/drawing.css`, the colors of states in `static/board.css`: a mark has the class `state-STATUS`.
"""

from __future__ import annotations

from spine_board.drawing.cells import draw_grid, draw_strip
from spine_board.drawing.gantt import draw_gantt
from spine_board.drawing.graph import draw_graph
from spine_board.drawing.line import draw_line
from spine_board.drawing.timeline import draw_timeline

__all__ = ["draw_gantt", "draw_graph", "draw_grid", "draw_line", "draw_strip", "draw_timeline"]
