"""The first view of a public page weighs at most 100 kB over the wire."""

from __future__ import annotations

import gzip

import pytest
from flask.testing import FlaskClient

from config import ROOT
from tests.fixtures import Opened
from tests.web.planting import plant
from vocabulary.states import EntryKind

BUDGET = 100_000
LOADED = ("css/capmatch.css", "js/app.js", "img/mark.svg")
LONG = "The team wants to learn how an assessment is scoped, written, reviewed and used. " * 12


def weight(body: bytes) -> int:
    return len(gzip.compress(body, 6))


@pytest.mark.parametrize(
    "address", ["/", "/ar/requests", "/zh/offers", "/help/criteria", "/requests/REQ-2026-0001"]
)
def test_first_view_fits_the_budget(client: FlaskClient, write: Opened, address: str) -> None:
    with write() as session:
        for number in range(1, 26):
            plant(session, number=number, title=f"{number} {LONG[:200]}", summary=LONG, need=LONG * 3)
            plant(session, EntryKind.OFFER, number=number, summary=LONG)
    page = client.get(address)
    files = sum(weight((ROOT / "static" / path).read_bytes()) for path in LOADED)

    total = weight(page.data) + files

    assert page.status_code == 200
    assert total <= BUDGET, f"{address}: {total} bytes"


def test_page_loads_nothing_that_the_budget_does_not_count(client: FlaskClient) -> None:
    text = client.get("/").text

    loaded = {part.split('"')[0] for part in text.split('"/static/')[1:]}

    assert loaded == set(LOADED)
