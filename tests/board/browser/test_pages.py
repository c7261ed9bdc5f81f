"""Each page of four projects: its width, its contrast and barriers, its console, its requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.board.browser.served import serve
from tests.board.browser.visits import Visitor, locations, problems_of

pytestmark = pytest.mark.browser
VARIANTS = 2  # of pages that are alike
MENU = {"/", "/runs", "/partitions", "/captures", "/schedules", "/sources", "/alerts", "/plugins"}
WANTED = {
    "empty": MENU,
    "finra_weeks": MENU | {"/partitions/finra.weekly_refresh", "/schedules/weekly", "/workflows/finra.weekly_refresh"},
    "hostile": MENU | {"/captures/prices", "/sources/prices", "/schedules/often", "/doctor"},
    "long": {"/", "/runs"},
}


@pytest.mark.parametrize("name", WANTED)
def test_every_page_has_its_width_no_barrier_no_error_and_no_foreign_request(
    name: str, request: pytest.FixtureRequest, visitor_of: Callable[..., Visitor]
) -> None:
    with serve(request.getfixturevalue(name)) as board:
        visitor = visitor_of(board)
        page = visitor.context.new_page()
        problems = []
        for _ in locations(page, sorted(WANTED[name]), VARIANTS):
            problems += problems_of(page)
        page.close()
    assert not problems, "\n".join(problems)
