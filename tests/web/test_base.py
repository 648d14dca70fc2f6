"""templates/base.html and the rules that hold for every template."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from app import create_app
from config import ROOT
from models.database import db
from tests.fixtures import settings_for
from translations.catalogues import LANGUAGES, OWN_NAMES

TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*.html") if path.parent.name != "mail")
"""Every page; mail programs know no style sheets, so mails are made otherwise."""
STYLESHEET = ROOT / "static" / "css" / "capmatch.css"


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


class Page(HTMLParser):
    """What of a page these tests look at."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.html: dict[str, str | None] = {}
        self.links: list[dict[str, str | None]] = []
        self.ids: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        if tag == "html":
            self.html = found
        if tag == "a":
            self.links.append(found)
        if found.get("id"):
            self.ids.append(str(found["id"]))


# --- every template ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_holds_no_inline_script_or_style(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    inline = re.findall(
        r"<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=|javascript:", text, re.IGNORECASE
    )

    assert inline == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_calls_no_other_site(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    loaded = re.findall(r"<(?:script|link|img|iframe)[^>]*(?:src|href)=[\"'](?:https?:)?//[^\"']*", text)

    assert loaded == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_every_form_that_posts_carries_the_csrf_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    forms = re.findall(r"<form\b.*?</form>", text, re.IGNORECASE | re.DOTALL)
    posting = [form for form in forms if re.search(r"method=[\"']?post", form, re.IGNORECASE)]

    without = [form[:80] for form in posting if not re.search(r"csrf_token|\bfields(_of)?\.csrf\(\)", form)]

    assert without == []


@pytest.mark.parametrize("path", TEMPLATES, ids=name)
def test_template_sets_no_text_aside_for_one_direction(path: Path) -> None:
    text = path.read_text(encoding="utf-8")

    assert re.findall(r"class=\"[^\"]*\b(?:left|right)\b", text) == []


def test_stylesheet_knows_no_left_and_right() -> None:
    rules = re.sub(r"/\*.*?\*/", "", STYLESHEET.read_text(encoding="utf-8"), flags=re.DOTALL)

    physical = re.findall(
        r"(?:margin|padding|border)-(?:left|right|top|bottom)\b|[{;]\s*(?:left|right)\s*:"
        r"|(?:text-align|float)\s*:\s*(?:left|right)",
        rules,
    )

    assert physical == []


# --- the frame --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_says_its_language_and_direction(client: FlaskClient, language: str) -> None:
    page = Page(client.get(f"/{language}/").text)

    assert (page.html["lang"], page.html["dir"]) == (language, "rtl" if language == "ar" else "ltr")


def test_every_page_offers_the_six_languages_by_their_own_names(client: FlaskClient) -> None:
    page = Page(client.get("/help/criteria").text)

    offered = {link["hreflang"]: link["href"] for link in page.links if link.get("lang") in LANGUAGES}

    assert offered == {code: f"/{code}/help/criteria" for code in OWN_NAMES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_unknown_address_is_not_found_in_the_readers_language(client: FlaskClient, language: str) -> None:
    answer = client.get(f"/{language}/no-such-page")

    assert (answer.status_code, Page(answer.text).html["lang"]) == (404, language)


@pytest.mark.parametrize("address", ["/", "/requests", "/offers", "/calls", "/help", "/help/criteria"])
def test_links_of_a_public_page_lead_somewhere(client: FlaskClient, address: str) -> None:
    page = Page(client.get(address).text)
    inside = sorted({str(link["href"]) for link in page.links if str(link["href"]).startswith("/")})
    own = [href for href in inside if not href.startswith("/api/")]

    lost = [href for href in own if client.get(href, follow_redirects=True).status_code != 200]

    assert lost == []


@pytest.mark.parametrize("address", ["/", "/requests", "/offers", "/calls", "/help", "/help/criteria"])
def test_ids_of_a_page_are_given_once(client: FlaskClient, address: str) -> None:
    ids = Page(client.get(address).text).ids

    assert sorted(ids) == sorted(set(ids))


def test_demonstration_says_that_it_is_one(app: Flask, tmp_path: Path, client: FlaskClient) -> None:
    url = app.config["SQLALCHEMY_DATABASE_URI"]
    demonstration = create_app(settings_for(url, tmp_path, CAPMATCH_ENV="demo"))

    said = ["Demonstration world" in page.get("/").text for page in (demonstration.test_client(), client)]
    with demonstration.app_context():
        db.engine.dispose()

    assert said == [True, False]


def test_help_page_shows_twelve_criteria_and_three_rules(client: FlaskClient) -> None:
    page = Page(client.get("/help/criteria").text)

    shown = [id_ for id_ in page.ids if id_.startswith("criterion-")]

    assert shown == [f"criterion-{number}" for number in range(1, 13)]
