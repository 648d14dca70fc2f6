"""Does what somebody states on their account page stand before them at the conflict question?"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from services.clock import utc_now
from tests.fixtures import Opened
from tests.scoring import make_sitting, make_token, sign_in, signed_in

BODY = "Institute of Savannah Studies"
AT = "/account/affiliations"


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def test_journey_from_the_account_to_the_question(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        sitting = make_sitting(session, now=now, answer=None, organisation_name=BODY)
        secret = sign_in(session, sitting.reviewer, now)
    reviewer, gate = signed_in(app, secret), f"/reviews/{sitting.ref}/conflict"
    left = (now.date() - timedelta(days=400)).isoformat()

    before = reviewer.get(gate).text
    account = reviewer.get("/account").text
    wrong = reviewer.post(AT, data={"organisation_name": "", "ended_on": "soon"})
    kept = reviewer.post(AT, data={"organisation_name": BODY, "ended_on": left})
    after = reviewer.get(gate).text
    known = reviewer.get("/organisations/similar", query_string={"q": "Savannah Studies Institute"}).text
    listed = reviewer.get(AT).text
    number = listed.split(f"{AT}/")[1].split("/")[0]
    changed = reviewer.get(AT, query_string={"change": number}).text
    removed = reviewer.post(f"{AT}/{number}/removal")
    empty = reviewer.get(AT).text

    assert "until not long ago" not in before
    assert f'href="{AT}"' in before
    assert f'href="{AT}"' in account
    assert (wrong.status_code, kept.status_code, removed.status_code) == (422, 303, 303)
    assert wrong.text.count("This is missing.") == 2  # in the summary and at the field
    assert 'value="soon"' in wrong.text
    assert "The same institution until not long ago" in after
    assert BODY not in known  # known from a submission that is not public
    assert f'value="{left}"' in changed
    assert "Nothing is stated yet" in empty


def test_api_states_lists_and_takes_back(app: Flask, write: Opened) -> None:
    now = utc_now()
    with write() as session:
        sitting = make_sitting(session, now=now)
        headers = make_token(session, sitting.reviewer, now)
    client, at = app.test_client(), "/api/v1/account/affiliations"

    made = client.post(at, json={"organisation_name": BODY, "started_on": "2010-01-01"}, headers=headers)
    wrong = client.post(at, json={"organisation_name": BODY, "ended_on": "2009-01-01"}, headers=headers)
    refused = client.post(
        at,
        json={"organisation_name": BODY, "started_on": "2010-01-01", "ended_on": "2009-01-01"},
        headers=headers,
    )
    listed = client.get(at, headers=headers)
    gone = client.delete(f"{at}/{made.json['id']}", headers=headers)
    again = client.delete(f"{at}/{made.json['id']}", headers=headers)

    assert (made.status_code, wrong.status_code, refused.status_code) == (201, 201, 422)
    assert [(one["organisation_name"], one["ended_on"]) for one in listed.json["items"]] == [
        (BODY, "2009-01-01")
    ]
    assert (gone.status_code, again.status_code) == (204, 404)
