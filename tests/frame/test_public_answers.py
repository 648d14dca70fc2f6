"""Is an answer for everybody kept only as long as it is true, and never given to or taken from somebody?"""

from __future__ import annotations

from typing import Any

import pytest
from flask.testing import FlaskClient

from services.clock import utc_now
from services.entries.submission import withdraw
from tests.factories import link_holder, make_account, make_published
from tests.fixtures import Opened
from tests.signing_in import sign_in
from vocabulary.people import Role


@pytest.fixture
def rendered(app: Any, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The endpoints that were run, rather than answered from what is kept."""
    run: list[str] = []
    views = dict(app.view_functions)
    for endpoint, view in views.items():

        def counted(*args: Any, endpoint: str = endpoint, view: Any = view, **named: Any) -> Any:
            run.append(endpoint)
            return view(*args, **named)

        counted.__capmatch_action__ = getattr(view, "__capmatch_action__", None)  # type: ignore[attr-defined]
        monkeypatch.setitem(app.view_functions, endpoint, counted)
    return run


@pytest.mark.parametrize("address", ["/requests", "/api/v1/requests", "/", "/fr/requests?q=wetland"])
def test_second_answer_is_the_first_one_and_costs_no_view(
    client: FlaskClient, rendered: list[str], address: str
) -> None:
    first = client.get(address)
    client.delete_cookie("language")
    n_run = len(rendered)
    second = client.get(address)

    assert second.data == first.data
    assert second.headers["X-Request-ID"] != first.headers["X-Request-ID"]
    assert second.headers["Content-Language"] == first.headers["Content-Language"]
    assert second.headers["Content-Security-Policy"] == first.headers["Content-Security-Policy"]
    assert len(rendered) == n_run


def test_change_shows_at_once(client: FlaskClient, write: Opened) -> None:
    before = client.get("/requests").get_data(as_text=True)
    with write() as session:
        entry = make_published(session, title="Mangrove mentors wanted")
        ref, version, owner = entry.ref, entry.version, link_holder(entry.id)
    published = client.get("/requests").get_data(as_text=True)
    with write() as session:
        withdraw(session, owner, ref, version, None, now=utc_now())
    after = client.get("/requests").get_data(as_text=True)

    assert "Mangrove mentors wanted" not in before
    assert "Mangrove mentors wanted" in published
    assert "Mangrove mentors wanted" not in after


def test_languages_and_forms_are_kept_apart(client: FlaskClient) -> None:
    answers = [client.get(address).data for address in ("/requests", "/fr/requests", "/ar/requests")]
    json = client.get("/api/v1/requests").data

    assert len({*answers, json}) == 4
    client.delete_cookie("language")
    assert client.get("/requests").data == answers[0]


def test_somebody_signed_in_neither_takes_nor_leaves_one(
    app: Any, client: FlaskClient, write: Opened, rendered: list[str]
) -> None:
    client.get("/requests")
    with write() as session:
        account_id = make_account(session, Role.OFFICER).id
    known = app.test_client()
    sign_in(app, known, account_id)
    own = known.get("/requests").get_data(as_text=True)
    again = client.get("/requests").get_data(as_text=True)

    assert "sign-out" in own
    assert "sign-out" not in again


def test_form_with_its_token_is_never_kept(client: FlaskClient, app: Any) -> None:
    first, second = client.get("/requests/new").data, app.test_client().get("/requests/new").data

    assert first != second
