"""A NUL in an address is no fault of ours: PostgreSQL keeps none, so it must never get that far unnoticed."""

from __future__ import annotations

import pytest
from flask.testing import FlaskClient


@pytest.mark.parametrize(
    "address",
    [
        "/requests/%00",
        "/requests/REQ%00/check",
        "/requests?q=%00",
        "/requests?needs=%00",
        "/requests?language=%00",
        "/requests?sort=%00",
        "/requests?after=%00",
        "/requests/new?call=%00",
        "/offers?call=%00",
        "/calls/%00",
        "/help/%00",
        "/sign-in?next=%00",
        "/lookups/organisations?name=%00",
        "/api/v1/requests?call=%00",
        "/api/v1/vocabularies/%00",
    ],
)
def test_nul_in_an_address_is_refused_or_ignored(client: FlaskClient, address: str) -> None:
    assert client.get(address).status_code < 500
