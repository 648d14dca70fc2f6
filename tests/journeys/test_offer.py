"""Can a partner without an account write an offer, be interrupted, come back, submit it and take it back?"""

from __future__ import annotations

import re

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.service import Service
from tests.journeys.visitor import Visitor

pytestmark = [pytest.mark.browser, pytest.mark.slow]

PDF = b"%PDF-1.7\n1 0 obj\n<< /Type /Catalog >>\nendobj\ntrailer << /Root 1 0 R >>\n%%EOF\n"
GO_ON = "form[data-autosave] .actions button:not([name])"
TEXTS = {
    "en": (
        "Two mentors for national ecosystem assessments",
        "People who have led a national assessment advise authors and help to plan it.",
        "Partner Foundation",
    ),
    "fr": (
        "Deux mentors pour une évaluation nationale des écosystèmes",
        "Des personnes qui ont dirigé une évaluation nationale conseillent les auteurs.",
        "Fondation partenaire",
    ),
    "ar": (
        "مرشدان لتقييم وطني للنظم الإيكولوجية",
        "خبراء قادوا تقييماً وطنياً للنظم الإيكولوجية يقدمون المشورة للمؤلفين.",
        "مؤسسة الشراكة",
    ),
}


def begin(partner: Visitor, address: str, language: str, email: str) -> str:
    """The first answers of an offer, which save themselves; returns its reference."""
    title, summary, _ = TEXTS[language]
    partner.go(f"{address}/{language}/offers/new", "empty")
    partner.write("title", title)
    partner.page.wait_for_url(re.compile(r"/offers/OFF-[\d-]+/edit/basics$"))
    partner.write("summary", summary)
    partner.write("contact_email", email)
    partner.look("saved-by-itself")
    return partner.page.url.split("/")[-3]


def fill_in(partner: Visitor, language: str) -> None:
    """The other sections, one after another, to the page that shows all answers."""
    page = partner.page
    partner.choose("contribution", "c")
    partner.press(GO_ON, "support")
    partner.choose("support", "mentoring")
    partner.write("activities", TEXTS[language][1])
    partner.press(GO_ON, "place")
    page.locator('details:has(input[name="countries"][value="KEN"]) > summary').click()
    partner.choose("countries", "KEN")
    partner.choose("languages", language)
    partner.press(GO_ON, "fit")
    partner.choose("categories", "national_assessment")
    partner.press(GO_ON, "contact")
    partner.write("organisation_name", TEXTS[language][2])
    partner.write("contact_name", "Paul Example")
    partner.press(GO_ON, "files")
    page.set_input_files("#f-file", {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": PDF})
    partner.press("form[enctype] button.button", "file-added")
    partner.press("form[enctype] a.button", "check")


@pytest.mark.parametrize("size", ["wide", "phone"])
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_offer(service: Service, visit: Visit, language: str, size: str) -> None:
    email = f"paul.{language}.{size}@partner.example"
    first = visit(language, size)
    ref = begin(first, service.address, language, email)
    first.page.context.close()

    partner = visit(language, size)
    partner.go(service.link(email, "/drafts/"), "come-back")
    kept = [partner.page.input_value(f"#f-{name}") for name in ("title", "summary", "contact_email")]
    fill_in(partner, language)
    n_missing = partner.page.locator(".notice li").count()
    partner.page.check('input[name="consent_terms"]')
    partner.press('form[action$="/submission"] button.button', "receipt")
    received = partner.page.locator(".receipt .ref").inner_text()
    partner.press('.actions a[href$="#matches"]', "own-page")
    partner.press('section[aria-labelledby="matches"] > p > a', "matches")
    n_matches, n_reasons = (partner.page.locator(one).count() for one in ("li.match", "li.match .reasons li"))
    partner.press("li.match a", "pair")
    partner.go(service.link(email, "/confirm/"), "confirm")
    partner.press('form[action*="/confirm/"] button', "confirmed")
    is_signed_in = partner.page.locator('form[action$="/sign-out"]').is_visible()
    partner.press('.actions a[href$="/withdrawal"]', "withdrawal")
    partner.press('form[action$="/withdrawal"] button', "withdrawn")
    is_gone = partner.page.locator('main a[href$="/withdrawal"]').count() == 0
    answer = partner.page.goto(f"{service.address}/{language}/offers/{ref}/matches")

    assert kept == [*TEXTS[language][:2], email]
    assert received == ref
    assert n_matches >= 1
    assert n_reasons >= 2
    assert n_missing == 0
    assert is_signed_in
    assert is_gone
    assert answer is not None
    assert answer.status in (200, 404)
