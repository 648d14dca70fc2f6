"""What a run shows of chapters and bands, and how a chapter is changed with a reason."""

from __future__ import annotations

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.fellowships import Nomination
from services.fellowships import placing, shortlists
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor
from tests.fixtures import NOW, Opened
from tests.services.test_chapters import CHAPTERS, PEOPLE, SAID
from tests.services.test_fellowships import marked_call
from tests.services.test_placing import BY, named
from tests.signing_in import sign_in
from tests.web.test_fellowships import compute_next, send
from vocabulary.fellowships import MeritBand
from vocabulary.people import Role

BANDS = {"Ada": MeritBand.B, "Ben": MeritBand.B, "Cora": MeritBand.B}


def test_run_by_bands_shows_chapters_wishes_bands_and_the_reason_for_an_exception(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    """Dora alone is in band A; only Ada and Cora may hold the other seat, as Ben is no woman."""
    said = {**SAID, "Dora": {"chapters": ["ch1"]}}
    targets = [{"attribute": "gender", "value": "woman", "least": 2}]
    with write() as session:
        ref, _ = marked_call(session, PEOPLE, said=said, bands=BANDS, chapters=CHAPTERS, targets=targets)
        asker = make_account(session, Role.OFFICER).id
    sign_in(app, client, asker)
    room = client.get(f"/en/fellowships/{ref}").text
    run = send(client, f"/en/fellowships/{ref}/shortlists", {"reserve": "0", "by_bands": "yes"}).location
    compute_next(app, write)

    page = client.get(run).text

    assert "A better band comes first" in room
    assert "Band A · <bdi>Status</bdi> (wish number 1)" in page
    assert "Band B · <bdi>Scenarios</bdi> (wish number 2)" in page
    assert "Every list with this nominee has fewer of a better band; no score is enough." in page
    assert "Above a better band of merit" not in page


def test_run_names_who_is_above_a_better_band_and_the_limit_that_makes_it_so(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    bands = {"Ada": MeritBand.B, "Cora": MeritBand.B, "Dora": MeritBand.B}
    targets = [{"attribute": "gender", "value": "woman", "least": 2}]
    with write() as session:
        ref, _ = marked_call(session, PEOPLE, said=SAID, bands=bands, chapters=CHAPTERS, targets=targets)
        asker = make_account(session, Role.OFFICER).id
    sign_in(app, client, asker)
    run = send(client, f"/en/fellowships/{ref}/shortlists", {"reserve": "0", "by_bands": "yes"}).location
    compute_next(app, write)

    page = client.get(run).text

    assert "Above a better band of merit" in page
    assert "Gender Woman: at least 2" in page.split('id="above"')[1].split("</section>")[0]


def test_another_chapter_than_the_list_gives_needs_a_reason(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, officer = marked_call(session, PEOPLE, said=SAID, chapters=CHAPTERS)
        asked = shortlists.ask_run(session, officer, ref, n_reserve=1, is_trial=False, now=NOW)
        signed_in = make_account(session, Role.OFFICER).id
    compute_next(app, write)
    with write() as session:
        decider = make_actor(session, Role.DECIDER)
        shortlists.approve(session, decider, asked.ref, now=NOW)
        placing.release(session, decider, ref, now=NOW, answer_by_at=BY)
        cora = named(session, "Cora")
        placing.answer_place(
            session, actor_of_account(session, cora.nominee_id or 0), cora.ref, True, now=NOW
        )
        nominee = cora.ref
    sign_in(app, client, signed_in)
    page = client.get(f"/en/fellowships/{ref}/places").text
    form = {"call": ref, "chapter": "ch1", "mentor": ""}

    without = send(client, f"/en/nominations/{nominee}/confirmation", form)
    with_reason = send(client, f"/en/nominations/{nominee}/confirmation", form | {"reason": "Her data."})

    assert '<option value="ch2" selected>Scenarios</option>' in page
    assert without.status_code == 422
    assert "The approved list gives another chapter. Give the reason for the change." in without.text
    assert with_reason.status_code == 303
    with write() as session:
        chapter = session.execute(sa.select(Nomination.chapter).where(Nomination.ref == nominee)).scalar_one()
        assert chapter == "ch1"
