"""Do officers prepare samples on their page, and do reviewers score them on theirs?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from services.clock import utc_now
from tests.fixtures import Opened
from tests.panels import make_bench
from tests.scoring import make_token, sign_in, signed_in

CODES = tuple(str(code) for code in range(1, 13))


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def test_journey_from_sample_to_result(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, now=utc_now())
        people = (bench.officer, bench.reviewers[0], bench.moderator)
        secrets = [sign_in(session, one, utc_now()) for one in people]
    officer, reviewer, moderator = (signed_in(app, secret) for secret in secrets)
    at = f"/calls/{bench.call}/calibration"
    sample = {"title": "Kingfisher sample", "language": "en", "activities": "Two workshops."}

    wrong = officer.post(at, data=sample | {"activities": ""})
    added = officer.post(at, data=sample)
    kept = officer.post(added.location, data={"version": "1", "9.value": "2", "9.reason": "It is named."})
    queue = reviewer.get("/reviews").text
    where = f"/calls/{bench.call}/practice/1"
    half = reviewer.post(where, data={"score.1": "3"})
    given = reviewer.post(where, data={f"score.{code}": "3" for code in CODES})
    after = reviewer.get(where).text
    board = officer.get(at).text

    assert (wrong.status_code, added.status_code, kept.status_code) == (422, 303, 303)
    assert "Kingfisher sample" in wrong.text
    assert where in queue
    assert half.status_code == 422
    assert half.text.count("Choose a score.") == 22  # in the summary and at the field, eleven times
    assert 'value="3" checked' in half.text
    assert given.status_code == 303
    assert "It is named." in after
    assert "1 of 3 reviewers have scored it" in board
    assert (moderator.get(at).status_code, moderator.get(added.location).status_code) == (200, 403)
    assert reviewer.get(at).status_code == 403
    assert officer.get(where).status_code == 403


def test_api_adds_scores_and_shows(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, now=utc_now())
        officer, reviewer = (
            make_token(session, one, utc_now()) for one in (bench.officer, bench.reviewers[0])
        )
    client, at = app.test_client(), f"/api/v1/calls/{bench.call}"

    added = client.post(
        f"{at}/calibration", json={"title": "A sample", "activities": "Two workshops."}, headers=officer
    )
    referred = client.put(
        f"{at}/calibration/1/reference",
        json={"reference": {"9": {"value": 2, "reason": "It is named."}}},
        headers=officer | {"If-Match": '"1"'},
    )
    scores = dict.fromkeys(CODES, 3) | {"1": None}
    scored = client.post(f"{at}/practice/1", json={"scores": scores}, headers=reviewer)
    removed = client.delete(f"{at}/calibration/1", headers=officer)

    assert (added.status_code, referred.status_code, scored.status_code) == (201, 200, 201)
    assert referred.json["samples"][0]["reference"] == {"9": {"value": 2, "reason": "It is named."}}
    assert [(one["own"], one["reference"]) for one in scored.json["lines"] if one["code"] in "19"] == [
        (None, None),
        (3, 2),
    ]
    assert removed.status_code == 409
