"""Somebody at a browser who looks at every page: is it accessible, in order, and without errors?

Looking at a page runs axe-core (WCAG 2.2 AA and its best practices), measures the width, and keeps a picture
under build/screenshots/.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import axe_playwright_python
from playwright.sync_api import ConsoleMessage, Page, ViewportSize

from config import ROOT

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
RUN = """async (tags) => {
  const found = await axe.run(document, {
    runOnly: {type: "tag", values: tags}, resultTypes: ["violations"], iframes: false, preload: false,
  });
  return found.violations.map((one) =>
    one.id + ": " + one.help + "\\n" + one.nodes.slice(0, 3).map((node) => "    " + node.html.slice(0, 200)
      + "\\n    " + (node.failureSummary || "")).join("\\n"));
}"""
TOO_WIDE = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  return [...document.body.querySelectorAll("*")].filter((one) => {
    const box = one.getBoundingClientRect();
    return box.width && (box.right > room + 1 || box.left < -1);
  }).slice(-3).map((one) => one.outerHTML.slice(0, 200));
}"""
SCREENSHOTS = ROOT / "build" / "screenshots"


@dataclass(slots=True)
class Visitor:
    """One tab of a browser. `faults` gathers what a console would show; `expected` what a test provokes."""

    page: Page
    journey: str
    faults: list[str] = field(default_factory=list)
    expected: list[str] = field(default_factory=list)
    n_looks: int = 0
    has_scripts: bool = True
    """Without scripts axe cannot run; what it would say does not depend on them."""

    also: tuple[ViewportSize, ...] = ()
    """Other sizes of window at which every page must fit its width, too."""

    def __post_init__(self) -> None:
        """Listen to the console from the first page on."""
        self.page.on("console", lambda message: self._hear(message))
        self.page.on("pageerror", lambda error: self.faults.append(f"{self.page.url}: {error}"))

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not any(one in message.text for one in self.expected):
            self.faults.append(f"{self.page.url}: {message.text}")

    def look(self, name: str) -> None:
        """Check the page as it stands and keep a picture of it."""
        self.n_looks += 1
        picture = SCREENSHOTS / self.journey / f"{self.n_looks:02}-{name}.jpg"
        picture.parent.mkdir(parents=True, exist_ok=True)
        self.page.evaluate("scrollTo(0, 0)")  # what a fixed bar covers can be scrolled free
        self.page.screenshot(path=picture, full_page=True, type="jpeg", quality=70)
        if self.has_scripts:
            self.page.evaluate(AXE)
            violations: list[str] = self.page.evaluate(RUN, list(RULES))
            assert not violations, f"axe at {self.page.url} ({name}):\n" + "\n".join(violations)
        own = self.page.viewport_size
        for size in (*self.also, own):
            if size is not None and self.also:
                self.page.set_viewport_size(size)
            too_wide: list[str] = self.page.evaluate(TOO_WIDE)
            assert not too_wide, f"{self.page.url} ({name}) scrolls sideways:\n" + "\n".join(too_wide)
        assert not self.faults, "\n".join(self.faults)

    def go(self, address: str, name: str) -> None:
        """Open an address that answers 200, and look."""
        answer = self.page.goto(address)
        assert answer is not None, address
        assert answer.status == 200, (address, answer.status)
        self.look(name)

    def press(self, selector: str, name: str, *, key: str | None = None) -> None:
        """Press a button or follow a link that leads to another page, and look at that."""
        with self.page.expect_navigation():
            found = self.page.locator(selector).first
            found.press(key) if key else found.click()
        self.look(name)

    def write(self, name: str, text: str) -> None:
        """Type into a field and leave it; returns when the page says that it is saved."""
        box = self.page.locator(f'[name="{name}"]')
        box.fill(text)
        box.blur()
        self.await_saved()

    def choose(self, name: str, value: str) -> None:
        """Tick a box or a radio button; returns when the page says that it is saved."""
        self.page.check(f'input[name="{name}"][value="{value}"]')
        self.await_saved()

    def await_saved(self) -> None:
        """Wait until everything that was typed is saved."""
        self.page.wait_for_selector('form[data-autosave][data-saved="yes"]', state="attached")
