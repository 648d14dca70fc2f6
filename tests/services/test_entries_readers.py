"""Does each kind of reader see their part of an entry, and of lists of entries, and nothing else?"""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from models.calls import Call
from models.reviews import Assignment, ConflictDeclaration
from services.entries.drafts import save
from services.entries.publication import unpublish
from services.queries.entries import entry_page, list_public, list_visible
from tests.factories import (
    OFFICER,
    content,
    link_holder,
    make_actor,
    make_call,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from tests.services.entry_lists import REQUEST, titles
from vocabulary.actions import Action
from vocabulary.errors import NotFound
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import (
    AssignmentState,
    ConflictAnswer,
    ConflictRuling,
)


def _people(session: Session, call: Call) -> dict[str, Actor]:
    return {
        "signed out": SIGNED_OUT,
        "stranger": make_actor(session, Role.REQUESTER),
        "officer": make_actor(session, Role.OFFICER),
        "officer of the call": make_actor(session, Role.OFFICER, call_id=call.id),
        "moderator of the call": make_actor(session, Role.MODERATOR, call_id=call.id),
        "decider": make_actor(session, Role.DECIDER),
        "auditor": make_actor(session, Role.AUDITOR),
        "administrator": make_actor(session, Role.ADMIN),
        "focal point of Kenya": make_actor(session, Role.FOCAL_POINT, country="KEN"),
        "focal point of Brazil": make_actor(session, Role.FOCAL_POINT, country="BRA"),
        "reviewer": make_actor(session, Role.REVIEWER),
    }


def test_lists_agree_with_the_policy_for_every_kind_of_reader(write: Opened, read: Opened) -> None:
    with write() as session:
        call = make_call(session)
        people = _people(session, call)
        for name, kwargs in {"Draft": None, "In call": {"call": call}, "Outside": {}}.items():
            if kwargs is None:
                make_draft(session, title=name)
            else:
                make_submitted(session, title=name, **kwargs)  # type: ignore[arg-type]
        make_published(session, title="Public", countries=["UGA"], organisation_country="UGA")

    with read() as session:
        listed = {name: _visible(session, actor) for name, actor in people.items()}

    submitted = ["In call", "Outside", "Public"]
    assert listed == {
        "signed out": ["Public"],
        "stranger": ["Public"],
        "officer": submitted,
        "officer of the call": ["In call", "Public"],
        "moderator of the call": ["In call", "Public"],
        "decider": submitted,
        "auditor": ["Public"],
        "administrator": ["Public"],
        "focal point of Kenya": submitted,
        "focal point of Brazil": ["Public"],
        "reviewer": ["Public"],
    }


def _visible(session: Session, actor: Actor, **asked: object) -> list[str]:
    page = list_visible(session, actor, REQUEST, {}, now=NOW, **asked)  # type: ignore[arg-type]
    assert page.total == len(page.rows)
    return sorted(row.title or "" for row in page.rows)


@pytest.mark.parametrize(
    ("answer", "ruling", "listed", "searched", "fields"),
    [
        (None, None, 1, 0, "preview"),
        (ConflictAnswer.NONE, None, 1, 1, "all"),
        (ConflictAnswer.POSSIBLE, None, 0, 0, "nothing"),
        (ConflictAnswer.POSSIBLE, ConflictRuling.CLEARED, 1, 1, "all"),
        (ConflictAnswer.POSSIBLE, ConflictRuling.UPHELD, 0, 0, "nothing"),
        (ConflictAnswer.CONFLICT, None, 0, 0, "nothing"),
    ],
)
def test_reviewer_sees_as_much_as_the_conflict_answer_allows(
    write: Opened,
    read: Opened,
    answer: ConflictAnswer | None,
    ruling: ConflictRuling | None,
    listed: int,
    searched: int,
    fields: str,
) -> None:
    with write() as session:
        reviewer, officer = make_actor(session, Role.REVIEWER), make_actor(session, Role.OFFICER)
        entry = make_submitted(session)
        _assign(session, entry.id, reviewer)
        if answer is not None:
            _declare(session, entry.id, reviewer, answer, ruling, officer)
        ref = entry.ref

    with read() as session:
        assert len(_visible(session, reviewer)) == listed
        assert len(_visible(session, reviewer, q="mentors")) == searched
        if fields == "nothing":
            with pytest.raises(NotFound):
                entry_page(session, reviewer, ref, now=NOW)
            return
        shown = entry_page(session, reviewer, ref, now=NOW).row.content
        assert ("need" in shown, "title" in shown, "contact_email" in shown) == (fields == "all", True, False)


def test_conflicted_officer_sees_a_world_without_the_entry(write: Opened, read: Opened) -> None:
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
        entry = make_submitted(session, title="Mine, so to say")
        make_submitted(session, title="Another")
        _declare(session, entry.id, officer, ConflictAnswer.CONFLICT, None, None)

    with read() as session:
        assert _visible(session, officer) == ["Another"]


def test_blind_call_hides_whose_entry_it_is_also_from_searches(write: Opened, read: Opened) -> None:
    with write() as session:
        call = make_call(session, blind_mode=True)
        moderator, officer = make_actor(session, Role.MODERATOR), make_actor(session, Role.OFFICER)
        ref = make_submitted(session, call=call).ref

    with read() as session:
        shown = entry_page(session, moderator, ref, now=NOW).shown
        found = [
            len(_visible(session, actor, q=words))
            for actor in (moderator, officer)
            for words in ("savannah", "mentors")
        ]

    assert {"need", "organisation_name", "people_involved"} & shown == {"need"}
    assert found == [0, 1, 1, 1]


def _assign(session: Session, entry_id: int, reviewer: Actor) -> None:
    session.add(
        Assignment(
            ref=f"ASG-{entry_id}",
            entry_id=entry_id,
            account_id=reviewer.account_id,
            state=AssignmentState.ACCEPTED,
            invited_at=NOW,
            created_at=NOW,
            updated_at=NOW,
        )
    )


def _declare(
    session: Session,
    entry_id: int,
    actor: Actor,
    answer: ConflictAnswer,
    ruling: ConflictRuling | None,
    officer: Actor | None,
) -> None:
    session.add(
        ConflictDeclaration(
            entry_id=entry_id,
            account_id=actor.account_id,
            answer=answer,
            kinds=[],
            answered_at=NOW,
            ruling=ruling,
            ruled_by_id=officer.account_id if ruling and officer else None,
            ruled_at=NOW if ruling else None,
            created_at=NOW,
            updated_at=NOW,
        )
    )


def test_page_shows_each_reader_their_part(write: Opened, read: Opened) -> None:
    with write() as session:
        owner, officer = make_actor(session), make_actor(session, Role.OFFICER)
        entry = make_published(session, actor=owner)
        ref, holder = entry.ref, link_holder(entry.id)
        save(session, owner, ref, {"title": "Being edited"}, entry.version, now=NOW)

    with read() as session:
        pages = {
            name: entry_page(session, actor, ref, now=NOW)
            for name, actor in {
                "public": SIGNED_OUT,
                "owner": owner,
                "holder": holder,
                "officer": officer,
            }.items()
        }

    assert {page.row.title for page in pages.values()} == {content()["title"]}
    assert dict(pages["public"].row.content) == {name: content()[name] for name in content()["public_fields"]}
    assert {name for name, page in pages.items() if "contact_email" in page.shown} == {
        "owner",
        "holder",
        "officer",
    }
    assert {name: page.working.get("title") for name, page in pages.items()} == {
        "public": None,
        "owner": "Being edited",
        "holder": "Being edited",
        "officer": None,
    }
    assert Action.ENTRY_WITHDRAW in pages["owner"].may
    assert Action.PUBLICATION_UNPUBLISH in pages["officer"].may
    assert (pages["public"].n_revisions, pages["owner"].n_revisions) == (0, 1)


def test_unpublished_entry_leaves_a_tombstone(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        ref, hidden = entry.ref, make_submitted(session).ref
        unpublish(session, OFFICER, ref, entry.version, "Asked for.", now=NOW)

    with read() as session:
        page = entry_page(session, SIGNED_OUT, ref, now=NOW)

        assert (page.is_tombstone, dict(page.row.content), page.may) == (True, {}, frozenset())
        with pytest.raises(NotFound):
            entry_page(session, SIGNED_OUT, hidden, now=NOW)


def test_nothing_hidden_shows_in_the_public_view(write: Opened, read: Opened) -> None:
    canary = "Xanadu"
    hidden = dict.fromkeys(
        ("need", "activities", "results", "people_involved", "contact_name", "iplc_involved"), canary
    )
    with write() as session:
        ref = make_published(session, **hidden).ref

    with read() as session:
        views = [
            entry_page(session, SIGNED_OUT, ref, now=NOW),
            list_public(session, REQUEST, {}),
            list_visible(session, SIGNED_OUT, REQUEST, {}, now=NOW),
        ]
        found = titles(session, q=canary)

    assert [canary in repr(view) for view in views] == [False, False, False]
    assert found == []
