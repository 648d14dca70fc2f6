"""Meaning of entries: made in the background, found by wording, gone with the entry."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from encoders import installed as vectors
from models.entries import Entry, EntryChange
from models.vectors import EntryVectors
from services import vector_building
from services.entries.rows import note_change
from services.entries.submission import withdraw
from services.matches import MatchList, match_page, matches_of
from services.meaning import NOT_INSTALLED, NOT_YET_COMPUTED
from tests.factories import OFFICER, link_holder, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.people import Actor
from vocabulary.states import EntryKind

REQUEST, OFFER = EntryKind.REQUEST, EntryKind.OFFER
BEST, FAST = vectors.encoder(), vectors.fast_encoder()
ABSENT = vectors._Package("not-installed-here", vectors._open_use, 512, 1.0, False)
needs_models = pytest.mark.skipif(BEST is None, reason="no sentence model is installed")


def build(write: Opened, read: Opened, limit: int = 50) -> int:
    """Do what the background worker does; returns how many entries it did."""
    with read() as session:
        waiting = vector_building.missing(session, BEST.version, limit)
    for entry_id in waiting:
        with read() as session:
            work = vector_building.work_of(session, entry_id, BEST.version)
        made = vector_building.make(work, BEST, FAST)
        with write() as session:
            vector_building.store(session, made, BEST.version, now=NOW)
    return len(waiting)


def found(read: Opened, actor: Actor, ref: str) -> MatchList:
    with read() as session:
        return matches_of(session, actor, ref, now=NOW, language="en")


@pytest.fixture
def scene(write: Opened) -> dict[str, object]:
    """A request in English; in French, an offer that suits it and one that does not."""
    with write() as session:
        request = make_submitted(
            session,
            REQUEST,
            title="Training in mangrove monitoring",
            summary="We want to learn how to map mangroves from satellite images.",
            need="Nobody here has mapped the coast before.",
        )
        near = make_published(
            session,
            OFFER,
            language="fr",
            title="Cartographie des mangroves par satellite",
            summary="Nous formons des équipes à cartographier les mangroves à partir d'images satellitaires.",
            organisation_name="Maison une",
        )
        far = make_published(
            session,
            OFFER,
            language="fr",
            title="Comptabilité des petites entreprises",
            summary="Nous conseillons les commerçants sur leurs livres de comptes et leurs impôts.",
            organisation_name="Maison deux",
        )
        return {
            "request": request.ref,
            "owner": link_holder(request.id),
            "near": near.ref,
            "far": far.ref,
            "near_id": near.id,
        }


@needs_models
def test_meaning_ranks_across_languages_once_the_vectors_are_there(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    before = found(read, scene["owner"], scene["request"])

    n_built = build(write, read)
    after = found(read, scene["owner"], scene["request"])

    assert (n_built, build(write, read)) == (3, 0)
    assert before.remark == NOT_YET_COMPUTED
    assert {row.weights["meaning"] for row in before.rows} == {0.0}
    assert after.remark is None
    assert [row.ref for row in after.rows] == [scene["near"], scene["far"]]
    assert after.rows[0].parts["meaning"] > after.rows[1].parts["meaning"] + 0.05


@needs_models
def test_the_nearest_sentences_of_a_pair_are_shown_as_they_were_written(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    build(write, read)

    nearest = found(read, scene["owner"], scene["request"]).rows[0].nearest
    with read() as session:
        page = match_page(session, scene["owner"], scene["request"], scene["near"], now=NOW, language="en")

    assert nearest.request.text == "We want to learn how to map mangroves from satellite images."
    assert nearest.request.language == "en"
    assert nearest.offer.text == (
        "Nous formons des équipes à cartographier les mangroves à partir d'images satellitaires."
    )
    assert nearest.offer.language == "fr"
    assert page.row.nearest == nearest


@needs_models
def test_a_hidden_field_counts_for_the_secretariat_alone(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    with write() as session:
        hidden = make_published(
            session,
            OFFER,
            title="Help for institutions",
            summary="We help where we can.",
            activities="We teach how to map mangroves from satellite images.",
            public_fields=["title", "summary"],
            organisation_name="Maison trois",
        ).ref
    build(write, read)

    public = {row.ref: row for row in found(read, scene["owner"], scene["request"]).rows}[hidden]
    inside = {row.ref: row for row in found(read, OFFICER, scene["request"]).rows}[hidden]

    assert inside.parts["meaning"] > public.parts["meaning"] + 0.05
    assert "mangroves" in inside.nearest.offer.text
    assert "mangroves" not in public.nearest.offer.text


@needs_models
def test_an_older_wording_never_counts_and_is_made_anew(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    build(write, read)
    first = {row.ref: row for row in found(read, scene["owner"], scene["request"]).rows}[scene["near"]]
    with write() as session:
        offer = session.get(Entry, scene["near_id"])
        offer.title, offer.summary = "Élevage de poules", "Nous vendons des œufs."
        note_change(session, offer, NOW)

    stale = {row.ref: row for row in found(read, scene["owner"], scene["request"]).rows}[scene["near"]]
    n_built = build(write, read)
    fresh = {row.ref: row for row in found(read, scene["owner"], scene["request"]).rows}[scene["near"]]

    assert n_built == 1
    assert stale.parts["meaning"] < first.parts["meaning"]
    assert fresh.weights["meaning"] > 0.0
    assert fresh.parts["meaning"] < first.parts["meaning"]


@needs_models
def test_a_change_of_anything_else_encodes_nothing_again(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    build(write, read)
    with write() as session:
        offer = session.get(Entry, scene["near_id"])
        offer.contact_name = "Somebody else"
    with read() as session:
        work = vector_building.work_of(session, scene["near_id"], BEST.version)
        n_before = session.execute(sa.select(sa.func.count()).select_from(EntryChange)).scalar_one()

    build(write, read)

    with read() as session:
        n_after = session.execute(sa.select(sa.func.count()).select_from(EntryChange)).scalar_one()
    assert (work.is_new, n_after - n_before) == (False, 0)


@needs_models
def test_vectors_made_for_an_entry_that_changed_meanwhile_are_not_stored(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    with read() as session:
        work = vector_building.work_of(session, scene["near_id"], BEST.version)
    made = vector_building.make(work, BEST, FAST)
    with write() as session:
        session.get(Entry, scene["near_id"]).title = "Autre chose"

    with write() as session:
        is_stored = vector_building.store(session, made, BEST.version, now=NOW)

    with read() as session:
        n_rows = session.execute(sa.select(sa.func.count()).select_from(EntryVectors)).scalar_one()
    assert (is_stored, n_rows) == (False, 0)


@needs_models
def test_vectors_go_with_an_entry_that_is_withdrawn(
    write: Opened, read: Opened, scene: dict[str, str]
) -> None:
    build(write, read)
    with write() as session:
        offer = session.get(Entry, scene["near_id"])
        withdraw(session, link_holder(offer.id), offer.ref, offer.version, now=NOW, reason="Gone")

    with write() as session:
        n_dropped = vector_building.drop_unneeded(session)

    with read() as session:
        kept = session.execute(sa.select(EntryVectors.entry_id)).scalars().all()
    assert (n_dropped, scene["near_id"] in kept, len(kept)) == (1, False, 2)


def test_without_models_words_alone_are_compared_and_the_list_says_so(
    monkeypatch: pytest.MonkeyPatch, read: Opened, scene: dict[str, str]
) -> None:
    monkeypatch.setattr(vectors, "PACKAGES", ())
    monkeypatch.setattr(
        vectors, "USE", vectors._Package("not-installed-here", vectors._open_use, 512, 1.0, False)
    )

    listed = found(read, scene["owner"], scene["request"])

    assert listed.remark == NOT_INSTALLED
    assert {row.reasons["meaning"] for row in listed.rows} <= {NOT_INSTALLED}


def test_a_package_that_is_not_there_is_left_out() -> None:
    assert vectors._encoder((ABSENT,)) is None
