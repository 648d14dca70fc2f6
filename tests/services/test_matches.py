"""services/matches.py: who sees which matches, on which texts, and how soon."""

from __future__ import annotations

import pytest
from sqlalchemy import delete

from models.entries import Entry, EntryChange
from services import match_index
from services.entries.rows import note_change
from services.entries.submission import withdraw
from services.match_facts import Audience
from services.matches import MatchList, MatchPage, match_page, matches_of
from tests.factories import OFFICER, link_holder, make_actor, make_conflict, make_published, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import NotFound, Refused
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import ConflictAnswer, EntryKind

REQUEST, OFFER = EntryKind.REQUEST, EntryKind.OFFER
PUBLIC = ["title", "summary", "support", "countries", "languages"]


def found(read: Opened, actor: Actor, ref: str, **asked: object) -> MatchList:
    with read() as session:
        return matches_of(session, actor, ref, now=NOW, language="en", **asked)  # type: ignore[arg-type]


def refs(matches: MatchList) -> list[str]:
    return [row.ref for row in matches.rows]


@pytest.fixture
def request_entry(write: Opened) -> tuple[str, Actor]:
    with write() as session:
        entry = make_submitted(session, REQUEST)
        return entry.ref, link_holder(entry.id)


def test_owner_sees_published_offers_only(write: Opened, read: Opened, request_entry: tuple[str, Actor]):
    ref, owner = request_entry
    with write() as session:
        published = make_published(session, OFFER, organisation_name="Open House").ref
        hidden = make_submitted(session, OFFER, organisation_name="Closed House").ref

    assert refs(found(read, owner, ref)) == [published]
    assert set(refs(found(read, OFFICER, ref))) == {published, hidden}


def test_signed_out_sees_no_matches(read: Opened, request_entry: tuple[str, Actor]):
    with pytest.raises(NotFound):
        found(read, SIGNED_OUT, request_entry[0])


def test_reviewer_sees_no_matches(write: Opened, read: Opened, request_entry: tuple[str, Actor]):
    with write() as session:
        reviewer = make_actor(session, Role.REVIEWER)

    with pytest.raises((NotFound, Refused)):
        found(read, reviewer, request_entry[0])


def test_hidden_text_changes_neither_score_nor_terms(
    write: Opened, read: Opened, request_entry: tuple[str, Actor]
):
    ref, owner = request_entry
    texts = ("Nothing alike.", "Nobody on the team has led an assessment before: mentors, mentors.")
    with write() as session:
        for n, activities in enumerate(texts):
            make_published(
                session, OFFER, activities=activities, organisation_name=f"House {n}", public_fields=PUBLIC
            )

    rows = found(read, owner, ref).rows

    assert len({row.score for row in rows}) == 1
    assert rows[0].terms == rows[1].terms


def test_change_shows_at_once_without_a_new_fit(
    write: Opened, read: Opened, request_entry: tuple[str, Actor]
):
    ref, owner = request_entry
    with write() as session:
        first = make_published(session, OFFER, organisation_name="First").ref
    before = found(read, owner, ref)
    with write() as session:
        second = make_published(session, OFFER, organisation_name="Second", title="Unlike any other").ref
    after = found(read, owner, ref)

    assert refs(before) == [first]
    assert set(refs(after)) == {first, second}
    assert after.index_version == before.index_version
    assert [row.score for row in after.rows if row.ref == first] == [before.rows[0].score]


def test_withdrawn_offer_is_gone_at_once(write: Opened, read: Opened, request_entry: tuple[str, Actor]):
    ref, owner = request_entry
    with write() as session:
        offer = make_published(session, OFFER)
        offer_ref, holder, version = offer.ref, link_holder(offer.id), offer.version
    assert refs(found(read, owner, ref)) == [offer_ref]
    with write() as session:
        withdraw(session, holder, offer_ref, version, None, now=NOW)

    assert refs(found(read, owner, ref)) == []


def test_change_committed_out_of_order_is_not_missed(
    write: Opened, read: Opened, request_entry: tuple[str, Actor]
):
    """A slow transaction may commit a lower number after a worker has read a higher one."""
    ref, owner = request_entry
    with write() as session:
        late = make_published(session, OFFER, organisation_name="Late")
        late_id, late_ref = late.id, late.ref
        session.flush()
        numbers = [row.sequence for row in session.query(EntryChange).filter_by(entry_id=late_id)]
        session.execute(delete(EntryChange).where(EntryChange.entry_id == late_id))
        session.add(EntryChange(sequence=max(numbers) + 100, entry_id=late_id + 1000, at=NOW))
    match_index.forget()
    found(read, owner, ref)
    with write() as session:
        session.add(EntryChange(sequence=max(numbers), entry_id=late_id, at=NOW))

    assert refs(found(read, owner, ref)) == [late_ref]


@pytest.mark.parametrize("most_fitted_here", [match_index.MOST_FITTED_HERE, 0])
@pytest.mark.parametrize("kind", [REQUEST, OFFER])
def test_words_of_a_hidden_entry_move_no_number_of_whoever_may_not_see_it(
    write: Opened, read: Opened, monkeypatch: pytest.MonkeyPatch, kind: EntryKind, most_fitted_here: int
):
    """Not even when all is fitted anew, and whether few entries or many are there; others see it move."""
    with write() as session:
        request = make_published(session, REQUEST).ref
        for at in range(3):
            make_published(session, OFFER, organisation_name=f"House {at}")
        officer = make_actor(session, Role.OFFICER)
        hidden = make_submitted(session, kind, organisation_name="Hidden House")
        hidden_id, hidden_ref = hidden.id, hidden.ref
        make_conflict(session, officer, hidden_ref)
    with read() as session:
        for audience in Audience:
            match_index.current_index(session, audience, OFFER)

    def seen(actor: Actor) -> tuple[MatchList, MatchPage | None]:
        matches = found(read, actor, request, include_blocked=True)
        with read() as session:
            page = match_page(session, actor, request, refs(matches)[-1], now=NOW, language="en")
        return matches, page

    def change(need: str) -> None:
        with write() as session:
            entry = session.get_one(Entry, hidden_id)
            entry.need = need
            entry.title = need[:60]
            note_change(session, entry, NOW)

    monkeypatch.setattr(match_index, "MOST_FITTED_HERE", most_fitted_here)
    told = []
    for need in ("Assessment of wetlands and training " * 40, "Quite another thing altogether. " * 3):
        change(need)
        told.append(seen(officer))
        monkeypatch.setattr(match_index, "MOST_FITTED_HERE", 20_000)
        match_index.forget()
        with read() as session:
            for audience in Audience:
                match_index.current_index(session, audience, OFFER)
        monkeypatch.setattr(match_index, "MOST_FITTED_HERE", most_fitted_here)
        told.append(seen(officer))
        told.append(seen(OFFICER))

    assert hidden_ref not in refs(told[0][0])
    assert told[0] == told[1] == told[3] == told[4]
    assert told[2] != told[5]


def test_conflict_hides_an_entry_from_an_officer(write: Opened, read: Opened):
    with write() as session:
        request = make_submitted(session, REQUEST).ref
        offer = make_published(session, OFFER)
        offer_ref = offer.ref
        officer = make_actor(session, Role.OFFICER)
        make_conflict(session, officer, offer_ref, ConflictAnswer.POSSIBLE)

    matches = found(read, officer, request, include_blocked=True)

    assert (refs(matches), matches.blocked, matches.n_candidates) == ([], (), 0)
    with read() as session:
        assert match_page(session, officer, request, offer_ref, now=NOW, language="en") is None


def test_pair_page_scores_as_the_list_does(write: Opened, read: Opened, request_entry: tuple[str, Actor]):
    ref, owner = request_entry
    with write() as session:
        offer = make_published(session, OFFER).ref
    listed = found(read, owner, ref).rows[0]
    with read() as session:
        page = match_page(session, owner, ref, offer, now=NOW, language="en")

    assert page is not None
    assert page.row == listed
    assert abs(sum(term.share for term in listed.terms) - listed.parts["text"]) <= 1e-9


def test_reasons_name_terms_in_the_language_asked(
    write: Opened, read: Opened, request_entry: tuple[str, Actor]
):
    ref, owner = request_entry
    with write() as session:
        make_published(session, OFFER)
    with read() as session:
        rows = matches_of(session, owner, ref, now=NOW, language="fr").rows

    assert "Kenya" in str(rows[0].reasons["place"])
    assert "mentoring" not in str(rows[0].reasons["support"])
