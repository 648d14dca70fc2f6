"""Does the form of an offer do everything with scripts switched off?"""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Visit
from tests.journeys.service import Service
from tests.journeys.test_offer import GO_ON, PDF, TEXTS

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.parametrize(("language", "size"), [("en", "wide"), ("ar", "phone")])
def test_without_script(service: Service, visit: Visit, language: str, size: str) -> None:
    title, summary, organisation = TEXTS[language]
    partner = visit(language, size, java_script_enabled=False)
    partner.expected.append("422")
    page = partner.page

    partner.go(f"{service.address}/{language}/offers/new", "empty")
    scripted = page.locator(".only-script")
    is_hidden = not any(one.is_visible() for one in scripted.all())
    page.fill('[name="title"]', title)
    page.fill('[name="summary"]', summary)
    page.fill('[name="contact_email"]', "not an address")
    partner.press(GO_ON, "refused")
    shown = page.input_value('[name="title"]'), page.input_value('[name="contact_email"]')
    page.fill('[name="contact_email"]', f"paul.{language}@quiet.example")
    page.check('input[name="contribution"][value="c"]')
    partner.press(GO_ON, "support")
    page.check('input[name="support"][value="mentoring"]')
    partner.press(GO_ON, "place")
    page.locator('details:has(input[name="countries"][value="KEN"]) > summary').click()
    page.check('input[name="countries"][value="KEN"]')
    partner.press(GO_ON, "fit")
    partner.press(GO_ON, "contact")
    page.fill('[name="organisation_name"]', organisation)
    page.fill('[name="contact_name"]', "Paul Example")
    partner.press(GO_ON, "files")
    page.set_input_files("#f-file", {"name": "letter.pdf", "mimeType": "application/pdf", "buffer": PDF})
    partner.press("form[enctype] button.button", "file-added")
    partner.press("form[enctype] a.button", "check")
    partner.press('form[action$="/submission"] button.button', "consent-missing")
    n_errors = page.locator(".error-summary li").count()
    page.check('input[name="consent_terms"]')
    partner.press('form[action$="/submission"] button.button', "receipt")

    assert is_hidden
    assert shown == (title, "not an address")
    assert n_errors == 1
    assert page.locator(".receipt .ref").inner_text().startswith("OFF-")
