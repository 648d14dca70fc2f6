"""Does the scorecard keep its promises on the screen: the count at its head, what is open, focus, keys?"""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Visit
from tests.journeys.service import Service
from tests.journeys.test_review import EVIDENCE, open_scorecard, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

HEAD = ".jumps .autosave"


def head(page: Page) -> str:
    return page.locator(HEAD).inner_text()


def is_in_view(page: Page, selector: str) -> bool:
    """Does it stand wholly in the window, as it is scrolled now?"""
    box, size = page.locator(selector).bounding_box(), page.viewport_size
    assert box is not None
    assert size is not None
    return bool(box["y"] >= 0 and box["y"] + box["height"] <= size["height"])


@pytest.mark.parametrize(("language", "size"), [("en", "wide"), ("ar", "phone")])
def test_scorecard(service: Service, visit: Visit, language: str, size: str) -> None:
    _, email = service.assignment(language)
    member = visit(language, size)
    page = member.page
    sign_in(member, f"{service.address}/{language}/sign-in?next=/{language}/reviews", email)
    open_scorecard(member)
    page.clock.install()

    begun = head(page)
    folded = (page.locator("details.folded").count(), page.locator("details.folded[open]").count())
    n_open = page.locator(".card:visible").count()
    page.locator('input[name="scores.9.value"][value="0"]').press("Space")
    member.await_saved()
    page.locator(EVIDENCE.format("9")).press_sequentially("It names no guidance.")
    with page.expect_response("**/draft") as saved:  # every ten seconds, without leaving the field
        page.clock.fast_forward(11_000)
    n_scored = saved.value.json()["n_scored"]
    member.await_saved()
    after = head(page)
    page.locator("#overall").scroll_into_view_if_needed()
    stays = is_in_view(page, HEAD)
    is_reason_hidden = page.locator("#c-10 details.reason[open]").count() == 0
    page.locator('input[name="scores.10.value"][value="3"]').press("Space")
    page.keyboard.press("ArrowDown")
    is_reason_shown = page.locator("#c-10 details.reason[open]").count() == 1
    member.await_saved()
    member.expected.append("422")
    member.press('textarea[name="comment_internal"]', "not-complete", key="Control+Enter")
    focused = page.evaluate("document.activeElement.className")
    page.locator('.error-summary a[href="#f-recommendation"]').press("Enter")
    asked = page.evaluate("document.activeElement.name")

    assert re.search(r"\b0\b.*\b12\b", begun)
    assert (folded, n_open) == ((2, 0), 4)
    assert n_scored == 1
    assert re.search(r"\d\d:\d\d", after)
    assert re.search(r"\b1\b.*\b12\b", after)
    assert stays
    assert (is_reason_hidden, is_reason_shown) == (True, True)
    assert "error-summary" in focused
    assert asked == "recommendation"
