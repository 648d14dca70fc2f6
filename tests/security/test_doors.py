"""What holds at every door, swept over the address map: CSRF, hosts, cookies, redirects."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import BaseConverter, Rule
from werkzeug.routing.converters import NumberConverter

from app import create_app
from tests.factories import make_account
from tests.fixtures import SECRETS, Opened, settings_for
from tests.signing_in import csrf_token, sign_in
from vocabulary.people import Role
from web.own_paths import in_language, own_path

UNSAFE = {"POST", "PUT", "PATCH", "DELETE"}


def unsafe_pages(app: Flask) -> list[tuple[str, str]]:
    """Every (method, path) that changes something outside the API, with something in each gap."""
    found = []
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/"):
            found += [(method, filled(app, rule)) for method in sorted((rule.methods or set()) & UNSAFE)]
    return found


def filled(app: Flask, rule: Rule) -> str:
    values = dict(rule.defaults or {})
    values |= {name: gap(converter) for name, converter in rule._converters.items()}
    method = next(iter((rule.methods or set()) & UNSAFE))
    return app.url_map.bind("localhost").build(rule.endpoint, values, method=method)


def gap(converter: BaseConverter) -> str | int:
    """A value that a gap in an address takes: the first of a list of choices, 1, or any word."""
    items = getattr(converter, "items", None)
    return sorted(items)[0] if items else 1 if isinstance(converter, NumberConverter) else "x"


def test_every_unsafe_page_refuses_a_form_without_token(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        account_id = make_account(session, Role.OFFICER, Role.ADMIN, Role.AUDITOR, Role.REVIEWER).id
    sign_in(app, client, account_id)
    pages = unsafe_pages(app)

    open_ = [
        (method, path, status)
        for method, path in pages
        for token in (None, "wrong")
        if (
            status := client.open(
                path, method=method, data={"csrf_token": token} if token else {}
            ).status_code
        )
        != 400
    ]

    assert len(pages) > 20
    assert open_ == []


def test_every_unsafe_page_refuses_a_token_of_another_browser(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        account_id = make_account(session, Role.OFFICER).id
    sign_in(app, client, account_id)
    foreign = csrf_token(app.test_client().get("/sign-in"))

    statuses = {
        client.open(path, method=method, data={"csrf_token": foreign}).status_code
        for method, path in unsafe_pages(app)
    }

    assert statuses == {400}


def test_cookies_never_sign_in_to_the_api(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        account_id = make_account(session, Role.OFFICER).id
    sign_in(app, client, account_id)

    protected = [client.get("/api/v1/assignments").status_code, client.get("/api/v1/account").status_code]

    assert set(protected) <= {401, 404}


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "evil.example:80", "127.0.0.1.evil.example"]
)
def test_foreign_host_is_refused(client: FlaskClient, host: str) -> None:
    assert client.get("/", headers={"Host": host}).status_code == 400


def test_cookie_flags_in_production(tmp_path: Path) -> None:
    settings = settings_for(
        f"sqlite:///{tmp_path / 'x.sqlite'}",
        tmp_path,
        CAPMATCH_ENV="production",
        CAPMATCH_ADDRESS="https://capmatch.example",
        SMTP_URL="smtp://mail.example",
        SECRET_KEY="Uq2v" + SECRETS["SECRET_KEY"],
        AUDIT_KEY="Bx7c" + SECRETS["AUDIT_KEY"],
    )
    answer = (
        create_app(settings)
        .test_client()
        .get("/sign-in", base_url="https://capmatch.example", headers={"Host": "capmatch.example"})
    )

    cookies = [
        cookie for cookie in answer.headers.getlist("Set-Cookie") if "capmatch" in cookie.partition("=")[0]
    ]

    assert answer.status_code == 200
    assert cookies[0].startswith("__Host-capmatch=")
    assert {"Secure", "HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookies[0].split("; "))
    assert "Domain" not in cookies[0]
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=31536000")


# --- open redirects ---------------------------------------------------------------------------------------

ELSEWHERE = [
    "//evil.example", "///evil.example", "////evil.example/x", "/\\evil.example", "\\\\evil.example",
    "\\/evil.example", "http://evil.example", "https://evil.example", "HTTPS://evil.example",
    "https:evil.example", "https:/evil.example", "http:///evil.example", "javascript:alert(1)",
    "JaVaScRiPt:alert(1)", "data:text/html,x", "vbscript:x", "ftp://evil", "/\t/evil.example",
    "/\n/evil.example", "/\r\n/evil.example", "\t//evil.example", " //evil.example",
    "/%09/evil.example", "/%0d%0aLocation:%20//evil.example", "/%2f/evil.example", "/%2Fevil.example",
    "/%5cevil.example", "/%5C%5Cevil.example", "/.//evil.example", "/..//evil.example",
    "/x//evil.example", "/./evil", "/x/../../evil", "evil.example", "@evil.example",
    "localhost@evil.example", "?next=//evil.example", "#//evil.example", "/x#y", "/\u2028/evil.example",
    "/\u3002evil.example", "/。/evil", "//evil%E3%80%82example", "/\x00/evil", "/x y",
    "http://localhost@evil.example", "http://localhost.evil.example", "/%7f", "/%", "/%zz", "",
    "/" + "a" * 2000,
]  # fmt: skip
OURS = [
    "/",
    "/account",
    "/requests?q=a%20b&page=2",
    "/fr/offers/OFF-2026-0001",
    "/mine?x=%2F%2Fevil",
    "/a:b",
    "/x?y=//z",
]


@pytest.mark.parametrize("target", ELSEWHERE)
def test_next_leads_nowhere_else(target: str) -> None:
    assert own_path(target) is None


@pytest.mark.parametrize("target", OURS)
def test_next_leads_to_our_pages(target: str) -> None:
    assert own_path(target) == target


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/account", "/fr/account"), ("/ar/account", "/ar/account"), ("/fr", "/fr"), ("/french", "/fr/french")],
)
def test_next_keeps_the_language_of_the_page(path: str, expected: str) -> None:
    assert in_language(path, "/fr") == expected


def test_no_redirect_leaves_the_site(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        account_id = make_account(session).id
    sign_in(app, client, account_id)

    locations = {client.get("/sign-in", query_string={"next": target}).location for target in ELSEWHERE}

    assert len(locations) == 1
    assert locations <= {"/mine", "/account"}
