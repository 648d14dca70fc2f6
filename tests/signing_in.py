"""Be somebody at a browser or a program, the way the service itself makes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from services.clock import utc_now
from services.passwords import hash_password
from services.sessions import open_session
from services.tokens import create_token
from services.transaction import transaction
from vocabulary.people import SYSTEM, Scope
from web.session import SIGN_IN_SECRET

PASSWORD = "Zebra-Kante-9-Fluss"


@cache
def password_hash(password: str = PASSWORD) -> str:
    """The hash of a password, computed once for all tests."""
    return hash_password(password)


def sign_in(app: Flask, client: FlaskClient, account_id: int) -> str:
    """Sign a browser in without the page; returns the secret of the cookie."""
    with app.app_context(), transaction() as session:
        secret = open_session(session, account_id, now=utc_now())
    with client.session_transaction() as cookie:
        cookie[SIGN_IN_SECRET] = secret
    return secret


def bearer(app: Flask, account_id: int, *scopes: Scope) -> dict[str, str]:
    """Headers of a program that calls the API for an account, with these scopes."""
    with app.app_context(), transaction() as session:
        made = create_token(
            session,
            SYSTEM,
            account_id,
            name="test",
            scopes=scopes or (Scope.READ, Scope.WRITE_ENTRIES),
            days=1,
            now=utc_now(),
        )
    return {"Authorization": f"Bearer {made.secret}"}


def csrf_token(page: TestResponse) -> str:
    """The token in the first form of a page."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page.text)
    assert found is not None, page.text[:500]
    return found[1]


def post(
    client: FlaskClient, path: str, data: Mapping[str, Any], *, page: str = "/sign-in", **kwargs: Any
) -> TestResponse:
    """Send a form with the token that a page of this browser holds."""
    token = csrf_token(client.get(page))
    return client.post(path, data={**data, "csrf_token": token}, **kwargs)
