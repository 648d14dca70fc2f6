"""Can a member of the task force score a proposal by the keyboard, in two windows, and lose no word?"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page

from tests.journeys.conftest import Visit
from tests.journeys.service import Service
from tests.journeys.visitor import Visitor
from tests.signing_in import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OWN = "The work plan names every step and who takes it."
OTHER = "The budget covers the four author meetings."
EVIDENCE = 'textarea[name="scores.{}.evidence"]'


def sign_in(member: Visitor, address: str, email: str) -> None:
    """Sign in with a password, by the keyboard alone."""
    member.go(address, "sign-in")
    member.page.fill('input[name="email"]', email)
    member.page.fill('input[name="password"]', PASSWORD)
    member.press('input[name="password"]', "queue", key="Enter")


def open_scorecard(member: Visitor) -> None:
    """From the queue through the question of conflict to the scorecard."""
    member.press("ul.items h3 a", "gate")
    member.page.locator('input[name="answer"][value="none"]').press("Space")
    member.press('form[action$="/conflict"] button.button', "scorecard", key="Enter")


def score(page: Page, code: str) -> None:
    """Score one criterion with keys only: 1, then one further to 2, then the evidence after it."""
    page.locator(f'input[name="scores.{code}.value"][value="1"]').press("Space")
    page.keyboard.press("ArrowDown")
    page.locator(EVIDENCE.format(code)).press_sequentially(OWN)


def finish(page: Page) -> None:
    """The rest of the scorecard, by the keyboard."""
    for code in ("10", "11", "12"):
        score(page, code)
    for part in ("11i", "11ii", "11iii"):
        page.locator(f'input[name="scores.11.parts.{part}"][value="yes"]').press("Space")
    for name, value in (("recommendation", "endorse"), ("confidence", "high"), ("still_no_conflict", "yes")):
        page.locator(f'input[name="{name}"][value="{value}"]').press("Space")


def written_twice(member: Visitor, rival: Visitor) -> list[str]:
    """Evidence written in two windows at once; returns the texts that the second is shown."""
    score(member.page, "9")
    member.page.keyboard.press("Tab")
    member.await_saved()
    rival.expected.append("409")
    box = rival.page.locator(EVIDENCE.format("9"))
    box.fill(OTHER)
    with rival.page.expect_response("**/draft") as refused:
        box.blur()
    assert refused.value.status == 409
    rival.page.wait_for_selector(".autosave.is-failing")
    rival.look("saved-elsewhere")
    rival.press('#overall button[name="do"][value="save"]', "both-versions")
    return rival.page.locator(".two .compare .text").all_inner_texts()


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_review(service: Service, visit: Visit, language: str, size: str) -> None:
    ref, email = service.assignment(language)
    member = visit(language, size)
    sign_in(member, f"{service.address}/{language}/sign-in?next=/{language}/reviews", email)
    open_scorecard(member)
    rival = Visitor(member.page.context.new_page(), member.journey + "-in-a-second-window")
    rival.page.goto(f"{service.address}/{language}/reviews/{ref}")

    texts = written_twice(member, rival)
    member.page.close()
    rival.press('.two ~ .actions button[name="do"]', "saved")
    kept = rival.page.input_value(EVIDENCE.format("9"))
    rival.expected.append("422")
    rival.press('textarea[name="comment_applicant"]', "not-complete", key="Control+Enter")
    n_errors = rival.page.locator(".error-summary li").count()
    finish(rival.page)
    rival.press('textarea[name="comment_applicant"]', "verdict", key="Control+Enter")
    is_receipt = rival.page.url.endswith(f"/{language}/reviews/{ref}/receipt")
    n_reasons = rival.page.locator(".panel > .explanation > li").count()
    n_good = rival.page.locator(".panel .status-good").count()

    assert OWN in texts
    assert OTHER in texts
    assert kept == OTHER
    assert n_errors >= 5
    assert is_receipt
    assert n_reasons >= 2
    assert n_good == 1
