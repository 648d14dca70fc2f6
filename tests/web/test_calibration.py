"""Do officers prepare samples on their page, and do reviewers score them on theirs?"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from services.calibration.samples import Invented, invent, set_reference
from services.clock import utc_now
from tests.fixtures import Opened
from tests.panels import make_bench
from tests.scoring import make_token, sign_in, signed_in

SAMPLE = Invented("A sample", "en", {"activities": "Two workshops."})
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
    begun = reviewer.get(where).text
    given = reviewer.post(where, data={"version": "1"} | {f"score.{code}": "3" for code in CODES})
    after = reviewer.get(where).text
    board = officer.get(at).text

    assert (wrong.status_code, added.status_code, kept.status_code) == (422, 303, 303)
    assert "Kingfisher sample" in wrong.text
    assert where in queue
    assert half.status_code == 422
    assert half.text.count("Choose a score.") == 22  # in the summary and at the field, eleven times
    assert 'value="3" checked' in half.text
    assert "1 of 12 scored · saved" in begun  # what was not complete is kept
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


def test_half_a_sample_is_kept_and_two_windows_lose_nothing(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, now=utc_now())
        invent(session, bench.officer, bench.call, SAMPLE, now=utc_now())
        set_reference(session, bench.officer, bench.call, 1, {"9": {"value": 2}}, 1, now=utc_now())
        secret = sign_in(session, bench.reviewers[0], utc_now())
    reviewer, where = signed_in(app, secret), f"/calls/{bench.call}/practice/1"

    kept = reviewer.post(where, data={"version": "0", "score.1": "2", "do": "save"})
    queue = reviewer.get("/reviews").text
    saved = reviewer.post(f"{where}/draft", data={"version": "1", "score.1": "2", "score.2": "cannot_judge"})
    twice = reviewer.post(f"{where}/draft", data={"version": "1", "score.1": "2", "score.2": "cannot_judge"})
    stale = reviewer.post(f"{where}/draft", data={"version": "1", "score.1": "0"})
    both = reviewer.post(
        where, data={"version": "1", "score.1": "0", "score.2": "cannot_judge", "do": "save"}
    )
    given_up = {"score.1": "0", "keep.score.1": "yes", "score.3": "3", "do": "save"}
    solved = reviewer.post(where, data={"version": "2"} | given_up)
    page = reviewer.get(where).text
    unknown = reviewer.post(f"{where}/draft", data={"version": "3", "score.99": "2"})

    assert kept.status_code == 303
    assert "One criterion is scored" in queue
    assert (saved.status_code, saved.json["version"], saved.json["n_scored"]) == (200, 2, 2)
    assert saved.json["text"].startswith("2 of 12 scored · saved ")
    assert (twice.status_code, twice.json["version"]) == (200, 2)
    assert stale.status_code == 409
    assert (both.status_code, both.text.count('class="two"')) == (409, 1)
    assert solved.status_code == 303
    assert page.count(" checked") == 3
    assert 'value="2" checked' in page
    assert unknown.status_code == 422


def test_api_keeps_a_draft_under_its_version(app: Flask, write: Opened) -> None:
    with write() as session:
        bench = make_bench(session, now=utc_now())
        invent(session, bench.officer, bench.call, SAMPLE, now=utc_now())
        set_reference(session, bench.officer, bench.call, 1, {"9": {"value": 2}}, 1, now=utc_now())
        reviewer = make_token(session, bench.reviewers[0], utc_now())
    client, at = app.test_client(), f"/api/v1/calls/{bench.call}/practice/1"

    bare = client.put(f"{at}/draft", json={"scores": {"1": 2}}, headers=reviewer)
    first = client.put(f"{at}/draft", json={"scores": {"1": 2}}, headers=reviewer | {"If-Match": '"0"'})
    stale = client.put(f"{at}/draft", json={"scores": {"1": 3}}, headers=reviewer | {"If-Match": '"0"'})
    scored = client.post(at, json={"scores": dict.fromkeys(CODES, 3)}, headers=reviewer)
    late = client.put(f"{at}/draft", json={"scores": {"1": 3}}, headers=reviewer | {"If-Match": '"1"'})

    assert (bare.status_code, first.status_code, stale.status_code) == (428, 200, 409)
    assert (first.json["version"], first.json["draft"], first.json["lines"]) == (1, {"1": 2}, [])
    assert (scored.status_code, scored.json["draft"], late.status_code) == (201, {}, 409)
