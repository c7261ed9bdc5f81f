"""Pages in a browser, and what they must not do: fail in the console, ask other hosts, show a dialog."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urljoin, urlsplit, urlunsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Dialog, Page, Request

TIMEOUT_MS = 300_000  # only what hangs takes as long
WIDTHS = (360, 1280)
SCHEMES = ("light", "dark")
_HEIGHT = 800
_REFUSED = "Failed to load resource: the server responded with a status of 4"
_OVERRUN = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return [];
  const scrolls = (each) => each && (getComputedStyle(each).overflowX !== "visible" || scrolls(each.parentElement));
  return [...document.body.querySelectorAll("*")]
    .filter((each) => each.getBoundingClientRect().right > width + 1 && !scrolls(each.parentElement))
    .map((each) => each.outerHTML.slice(0, 160));
}"""


class Visitor:
    """A person with a browser of their own: cookies, width and scheme; `faults` lists what pages did wrong."""

    def __init__(self, browser: Browser, url: str, *, width: int = 1280, script: bool = True) -> None:
        viewport = {"width": width, "height": _HEIGHT}
        self.url = url
        self.faults: list[str] = []
        self.context = browser.new_context(base_url=url, viewport=viewport, java_script_enabled=script)
        self.context.set_default_timeout(TIMEOUT_MS)
        self.context.on("request", self._note_request)
        self.context.on("console", self._note_console)
        self.context.on("weberror", lambda error: self.faults.append(f"error: {error.error}"))
        self.context.on("dialog", self._note_dialog)

    def open(self, location: str = "/") -> Page:
        """Return a new page that shows a location."""
        page = self.context.new_page()
        page.goto(location)
        return page

    def log_in(self, token: str) -> Page:
        """Log in with the form, and return the page that it leads to."""
        page = self.open("/login")
        page.get_by_label("Token").fill(token)
        page.get_by_role("button", name="Log in").click()
        page.wait_for_url(self.url)
        return page

    @property
    def grave_faults(self) -> list[str]:
        """The faults, without what a browser says of each answer that is a refusal."""
        return [fault for fault in self.faults if _REFUSED not in fault]

    def _note_request(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:")):
            self.faults.append(f"request to another place: {request.url}")

    def _note_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(f"console: {message.text}")

    def _note_dialog(self, dialog: Dialog) -> None:
        self.faults.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def locations(page: Page, wanted: Iterable[str], variants: int) -> Iterator[str]:
    """Yield the wanted locations and those that links lead to, each shown in the page; of pages that are alike, few."""
    seen: set[str] = set()
    kinds: Counter[str] = Counter()
    waiting = deque(wanted)
    while waiting:
        location = waiting.popleft()
        kind = _kind(location)
        if location in seen or kinds[kind] == variants:
            continue
        seen.add(location)
        kinds[kind] += 1
        answer = page.goto(location)
        assert answer is not None
        assert answer.status == 200, location
        yield location
        found = page.eval_on_selector_all("a[href]", "all => all.map(each => each.getAttribute('href'))")
        targets = [urlsplit(urljoin(location, target)) for target in found]
        waiting += [urlunsplit(target._replace(fragment="")) for target in targets if not target.netloc]


def _kind(location: str) -> str:
    """Return what counts as one page: its path, with the last part left out where there are many."""
    path = urlsplit(location).path.split("/")
    return "/".join(path[:2] + (["…", *path[3:]] if len(path) > 2 else []))


def problems_of(page: Page) -> list[str]:
    """Return what is wrong with the page that is shown, at each width and in each scheme."""
    found = []
    for width, scheme in zip(WIDTHS, SCHEMES, strict=True):
        page.set_viewport_size({"width": width, "height": _HEIGHT})
        page.emulate_media(color_scheme=scheme)
        where = f"{page.url} at {width} pixels, {scheme}"
        found += [f"{where}: wider than the page: {each}" for each in page.evaluate(_OVERRUN)]
        found += [f"{where}: {each}" for each in barriers(page)]
    if page.locator("h1").count() != 1:
        found.append(f"{page.url}: {page.locator('h1').count()} headings of the first level")
    return found


def barriers(page: Page) -> list[str]:
    """Return the serious and critical findings of axe-core."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {node['html'][:160]} {node['failureSummary']}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"][:3]
    ]


def mark(page: Page) -> None:
    """Mark the document that is shown, so that `is_marked` knows if it was loaded anew."""
    page.evaluate("document.documentElement.dataset.marked = 'yes'")


def is_marked(page: Page) -> bool:
    """Return True if the page has not been loaded anew since `mark`."""
    return bool(page.evaluate("document.documentElement.dataset.marked === 'yes'"))
