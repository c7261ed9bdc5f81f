"""Ends whoever imports it."""

from __future__ import annotations

import sys

sys.exit("no module")
