"""web/entries.py and web/feeds.py: lists, pages, files and feeds of what is published."""

from __future__ import annotations

import csv
import io
import json
import re
from datetime import timedelta
from html import unescape
from html.parser import HTMLParser
from urllib.parse import parse_qsl, urlsplit

import defusedxml.ElementTree
import openpyxl
import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.database import db
from tests.fixtures import NOW, Opened
from tests.web.planting import plant
from vocabulary.states import EntryKind, Publication

ATOM = "{http://www.w3.org/2005/Atom}"
ASKED = "q=river&support=training&support=hosting&regions=africa&ecosystems=tropical_forests&sort=title"


class Found(HTMLParser):
    """Links, what the form would send, and the texts of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: list[str] = []
        self.sent: list[tuple[str, str]] = []
        self._select = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = {key: value or "" for key, value in attributes}
        if tag == "a":
            self.links.append(found.get("href", ""))
        if tag == "input" and found.get("name"):
            self.sent.append((found["name"], found.get("value", "")))
        if tag == "select":
            self._select = found["name"]
        if tag == "option" and "selected" in found:
            self.sent.append((self._select, found["value"]))

    def refs(self) -> list[str]:
        """References of the entries listed, in order."""
        last = (urlsplit(link).path.rsplit("/", 1)[-1] for link in self.links)
        return [ref for ref in last if ref.startswith(("REQ-", "OFF-"))]


def listed(client: FlaskClient, address: str) -> list[str]:
    return Found(client.get(address).text).refs()


def query_of(address: str) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(address).query))


# --- lists ------------------------------------------------------------------------------------------------


def test_list_holds_what_is_published_newest_first(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        plant(session, number=1)
        plant(session, number=2, at=NOW + timedelta(days=1))
        plant(session, number=3, publication=Publication.CONSENTED)
        plant(session, EntryKind.OFFER, number=4)

    assert listed(client, "/requests") == ["REQ-2026-0002", "REQ-2026-0001"]


def test_filters_of_the_address_come_back_in_form_links_and_files(client: FlaskClient) -> None:
    page = Found(client.get(f"/requests?{ASKED}").text)
    asked = sorted(parse_qsl(ASKED))

    sent = sorted((name, value) for name, value in page.sent if value)
    files = [query_of(link) for link in page.links if "/export." in link]
    feeds = [query_of(link) for link in page.links if link.startswith("/feeds/")]

    assert sent == asked
    assert (files, feeds) == ([], [])


def test_files_and_feed_of_a_list_carry_its_filters(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        plant(session)
    page = Found(client.get("/requests?support=training&support=hosting&sort=title&q=national").text)
    asked = sorted(parse_qsl("support=training&support=hosting&sort=title&q=national"))

    carried = [query_of(link) for link in page.links if "/export." in link or "/feeds/" in link]

    assert carried == [asked] * 4


def test_filters_narrow_the_list(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        plant(session, number=1, support=["training"], countries=["KEN"])
        plant(session, number=2, support=["hosting"], countries=["KEN"])
        plant(session, number=3, support=["hosting"], countries=["FRA"], title="بناء القدرات")

    found = {
        query: listed(client, f"/requests?{query}")
        for query in (
            "support=hosting&countries=KEN",
            "regions=africa&sort=oldest&support=training",
            "q=القدرات",
        )
    }

    assert found == {
        "support=hosting&countries=KEN": ["REQ-2026-0002"],
        "regions=africa&sort=oldest&support=training": ["REQ-2026-0001"],
        "q=القدرات": ["REQ-2026-0003"],
    }


def test_pages_of_a_list_follow_each_other_there_and_back(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        for number in range(1, 86):
            plant(session, number=number, at=NOW + timedelta(minutes=number))
    address, pages, back = "/requests?support=training", [], []

    while address:
        page = client.get(address).text
        pages.append(Found(page).refs())
        address, last = _link(page, "next"), page
    while address := _link(last, "prev"):
        last = client.get(address).text
        back.append(Found(last).refs())

    assert [ref for page in pages for ref in page] == [
        f"REQ-2026-{number:04d}" for number in range(85, 0, -1)
    ]
    assert back == pages[-2::-1]


def _link(page: str, rel: str) -> str:
    found = re.search(rf'href="([^"]+)" rel="{rel}"', page)
    return unescape(found[1]) if found else ""


@pytest.mark.parametrize(
    "query", ["sort=price", "begin=zero", "after=nonsense", f"q={'x' * 201}", "support=" + "y" * 41]
)
def test_address_that_cannot_be_read_is_said_and_nothing_is_listed(
    client: FlaskClient, write: Opened, query: str
) -> None:
    with write() as session:
        plant(session)

    answer = client.get(f"/requests?{query}")

    assert (answer.status_code, Found(answer.text).refs()) == (422, [])
    assert "There is a problem" in answer.text


def test_parameters_that_links_pick_up_on_their_way_do_no_harm(client: FlaskClient) -> None:
    assert client.get("/requests?utm_source=mail&fbclid=1&support=").status_code == 200


@pytest.mark.parametrize("address", ["/requests", "/", "/feeds/requests.atom", "/requests/export.csv"])
def test_list_takes_as_many_statements_for_three_as_for_one(
    app: Flask, client: FlaskClient, write: Opened, address: str
) -> None:
    def statements() -> int:
        seen: list[str] = []

        def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        with app.app_context():
            engine = db.engine
        sa.event.listen(engine, "before_cursor_execute", note)
        assert client.get(address).status_code == 200
        sa.event.remove(engine, "before_cursor_execute", note)
        return len(seen)

    with write() as session:
        plant(session, number=1)
        plant(session, EntryKind.OFFER, number=1)
    client.get(address)
    for_one = statements()
    with write() as session:
        for number in (2, 3):
            plant(session, number=number)
            plant(session, EntryKind.OFFER, number=number)

    assert statements() == for_one


# --- one entry --------------------------------------------------------------------------------------------


def test_page_shows_only_what_the_owner_consented_to(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = plant(session, need="The secret need", public_fields=["title", "language"])

    text = client.get(f"/requests/{ref}").text

    shown = [
        word in text for word in ("Training for a national", "The secret need", "Ada Fictional", "Ministry")
    ]
    assert shown == [True, False, False, False]


def test_page_shows_markup_as_text_and_each_text_in_its_language(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = plant(session, title="<script>alert(1)</script>", language="ar", need="حاجة")

    text = client.get(f"/fr/requests/{ref}").text

    assert "<script>alert" not in text
    assert '<div class="text" lang="ar" dir="auto">حاجة</div>' in text


@pytest.mark.parametrize(
    ("publication", "status"),
    [(Publication.PUBLISHED, 200), (Publication.CONSENTED, 404), (Publication.UNPUBLISHED, 410)],
)
def test_page_answers_by_publication(
    client: FlaskClient, write: Opened, publication: Publication, status: int
) -> None:
    with write() as session:
        ref = plant(session, publication=publication)

    answers = [client.get(f"/requests/{ref}").status_code, client.get(f"/offers/{ref}").status_code]

    assert answers == [status, 404]


# --- files ------------------------------------------------------------------------------------------------


def test_file_holds_every_entry_of_the_list_and_the_fields_shown(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        for number in range(1, 24):
            plant(session, number=number, at=NOW + timedelta(minutes=number), support=["training"])
        plant(session, number=24, support=["hosting"])
        plant(session, number=25, at=NOW - timedelta(days=1), public_fields=["support"])

    lines = client.get("/requests/export.jsonl?support=training").text.splitlines()

    rows = [json.loads(line) for line in lines]
    assert [row["ref"] for row in rows] == [f"REQ-2026-{n:04d}" for n in (*range(23, 0, -1), 25)]
    assert sorted(rows[-1]) == ["published_at", "ref", "support"]
    assert {"contact_email", "contact_name", "self_assessment"} & set(rows[0]) == set()


def test_files_hold_no_formula(client: FlaskClient, write: Opened) -> None:
    title = '=HYPERLINK("https://evil.example","x")'
    with write() as session:
        plant(session, title=title, need="+1 234", results=" @SUM(A1)")

    text = client.get("/requests/export.csv").data.decode("utf-8-sig")
    book = openpyxl.load_workbook(io.BytesIO(client.get("/requests/export.xlsx").data))

    row = next(iter(csv.DictReader(io.StringIO(text))))
    assert (row["title"], row["need"], row["results"]) == (f"'{title}", "'+1 234", "' @SUM(A1)")
    cells = [cell for line in book.active.iter_rows(min_row=2) for cell in line if cell.value is not None]
    assert title in [cell.value for cell in cells]
    assert {cell.data_type for cell in cells} == {"s"}


def test_file_of_another_form_is_not_found_and_of_a_bad_filter_refused(client: FlaskClient) -> None:
    answers = [client.get(f"/offers/export.{rest}").status_code for rest in ("exe", "csv?sort=price")]

    assert answers == [404, 422]


# --- feeds ------------------------------------------------------------------------------------------------


def test_feed_is_well_formed_and_holds_the_filtered_list(client: FlaskClient, write: Opened) -> None:
    with write() as session:
        plant(session, number=1, title="A & B <c>", support=["hosting"])
        plant(session, number=2, support=["training"])

    answer = client.get("/feeds/requests.atom?support=hosting")

    feed = defusedxml.ElementTree.fromstring(answer.data)
    entries = [
        (entry.findtext(f"{ATOM}title"), entry.findtext(f"{ATOM}id")) for entry in feed.iter(f"{ATOM}entry")
    ]
    assert answer.content_type == "application/atom+xml; charset=utf-8"
    assert entries == [("A & B <c>", "http://localhost/requests/REQ-2026-0001")]
    assert feed.findtext(f"{ATOM}updated") == NOW.isoformat()


@pytest.mark.parametrize("feed", ["requests", "offers", "calls"])
def test_feed_of_nothing_is_a_feed(client: FlaskClient, feed: str) -> None:
    root = defusedxml.ElementTree.fromstring(client.get(f"/feeds/{feed}.atom").data)

    assert [root.tag, root.findtext(f"{ATOM}updated")] == [f"{ATOM}feed", "2015-01-01T00:00:00+00:00"]
