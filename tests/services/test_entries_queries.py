"""Does a list, a page, a count or a search show exactly what this reader may see, at a fixed cost?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.reviews import Assignment, ConflictDeclaration
from services.entries.drafts import save
from services.entries.publication import consent, unpublish
from services.queries.entries import entry_page, list_public, list_visible, mine
from services.queries.similar import similar_entries, similar_organisations
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
from vocabulary.actions import Action
from vocabulary.errors import Invalid, NotFound
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import (
    AssignmentState,
    ConflictAnswer,
    ConflictRuling,
    EntryKind,
)

REQUEST = EntryKind.REQUEST


def titles(session: Session, **asked: object) -> list[str]:
    """Titles of the public list of requests."""
    filters = asked.pop("filters", {})
    page = list_public(session, REQUEST, filters, **asked)  # type: ignore[arg-type]
    return [row.title or "" for row in page.rows]


def test_public_list_holds_published_entries_with_consented_fields(write: Opened, read: Opened) -> None:
    with write() as session:
        make_submitted(session, title="Hidden")
        ref = make_published(session, title="Shown", public_fields=["title", "needs"]).ref
        make_published(session, EntryKind.OFFER, title="Another kind")

    with read() as session:
        page = list_public(session, REQUEST, {})

        assert [(row.ref, dict(row.content)) for row in page.rows] == [
            (ref, {"title": "Shown", "needs": ["2.1"]})
        ]
        assert (page.rows[0].state, page.rows[0].submitted_at, page.total) == (None, None, 1)


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"needs": ["2"]}, ["A", "B"]),
        ({"needs": ["2.2"]}, ["B"]),
        ({"countries": ["KEN", "BRA"]}, ["A", "B"]),
        ({"regions": ["africa"]}, ["A"]),
        ({"regions": ["east_africa_islands"], "needs": ["2.1"]}, ["A"]),
        ({"stage": ["implementation"]}, []),
        ({"support": ["hosting"]}, []),
        ({"needs": []}, ["A", "B"]),
    ],
)
def test_filters_are_named_like_fields(
    write: Opened, read: Opened, filters: dict[str, list[str]], found: list[str]
) -> None:
    with write() as session:
        make_published(session, title="A")
        make_published(session, title="B", needs=["2.2"], countries=["BRA"])

    with read() as session:
        assert sorted(titles(session, filters=filters)) == found


def test_filter_finds_only_what_is_consented(write: Opened, read: Opened) -> None:
    with write() as session:
        make_published(session, title="Quiet", public_fields=["title"])
        make_published(session, title="Open", stage="development", public_fields=["title", "stage", "needs"])

    with read() as session:
        assert titles(session, filters={"needs": ["2.1"]}) == ["Open"]
        assert titles(session, filters={"regions": ["africa"]}) == []
        assert titles(session, filters={"stage": ["development"]}) == ["Open"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("mangrove", ["Mangroves of the coast"]),
        ("COAST mangroves", ["Mangroves of the coast"]),
        ("evaluacion", ["Evaluación de páramos"]),
        ("páramos", ["Evaluación de páramos"]),
        ("湿地", ["国家湿地评估"]),
        ("الاراضي", ["تقييم الأراضي الرطبة"]),
        ("ОЦЕНКА", ["Оценка степей"]),
        ("100%", []),
        ("_", []),
        ("savannah", ["Mangroves of the coast"]),
        ("secret", []),
        ("amina", []),
    ],
)
def test_search_finds_words_in_any_script(write: Opened, read: Opened, query: str, found: list[str]) -> None:
    with write() as session:
        make_published(session, title="Mangroves of the coast", need="A secret need")
        for title in ("Evaluación de páramos", "国家湿地评估", "تقييم الأراضي الرطبة", "Оценка степей"):
            make_published(session, title=title, organisation_name="X", public_fields=["title"])

    with read() as session:
        assert titles(session, q=query) == found


def test_pages_follow_each_other_without_gaps(write: Opened, read: Opened) -> None:
    with write() as session:
        made = [
            make_published(session, title=f"Entry {n % 3}", now=NOW + timedelta(minutes=n // 2)).ref
            for n in range(7)
        ]

    with read() as session:
        for sort in ("newest", "oldest", "title"):
            pages = list(_pages(session, sort))
            refs = [row.ref for row in chain(*(page.rows for page in pages))]

            assert sorted(refs) == sorted(made)
            assert [len(page.rows) for page in pages] == [3, 3, 1]
            assert {page.total for page in pages} == {7}
        assert [row.ref for row in list_public(session, REQUEST, {}).rows] == made[::-1]


def _pages(session: Session, sort: str) -> Iterator[object]:
    cursor = None
    while True:
        page = list_public(session, REQUEST, {}, sort=sort, cursor=cursor, limit=3)
        yield page
        cursor = page.next
        if cursor is None:
            return


@pytest.mark.parametrize(
    "asked",
    [
        {"cursor": "nonsense"},
        {"cursor": "WyJuZXdlc3QiLCJub3doZW4iLDFd"},
        {"cursor": "W10"},
        {"sort": "secret"},
        {"filters": {"contact_email": ["a"]}},
        {"filters": {"state": ["draft"]}},
    ],
)
def test_wrong_questions_are_refused(read: Opened, asked: dict[str, object]) -> None:
    with read() as session, pytest.raises(Invalid):
        titles(session, **asked)


def test_lists_cost_the_same_for_one_and_for_three(write: Opened, read: Opened) -> None:
    counts = []
    with write() as session:
        officer = make_actor(session, Role.OFFICER)
    for n_new in (1, 2):
        with write() as session:
            for _ in range(n_new):
                make_published(session)
        with read() as session:
            list_public(session, REQUEST, {})
            with _statements(session) as statements:
                list_public(session, REQUEST, {"needs": ["2"]}, q="mentors")
                list_visible(session, officer, REQUEST, {}, now=NOW)
                mine(session, officer, now=NOW)
            counts.append(len(statements))

    assert counts[0] == counts[1]


@contextmanager
def _statements(session: Session) -> Iterator[list[str]]:
    seen: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        seen.append(statement)

    engine = session.get_bind()
    sa.event.listen(engine, "before_cursor_execute", note)
    try:
        yield seen
    finally:
        sa.event.remove(engine, "before_cursor_execute", note)


def test_own_entries_are_drafts_and_submissions_of_account_and_browser(write: Opened, read: Opened) -> None:
    with write() as session:
        owner = make_actor(session)
        make_draft(session, title="By account", actor=owner)
        linked = make_submitted(session, title="By link", now=NOW + timedelta(hours=1))
        make_draft(session, title="Of another")
        actor = Actor(account_id=owner.account_id, entry_ids=frozenset({linked.id}))

    with read() as session:
        assert [(row.title, row.state) for row in mine(session, actor, now=NOW)] == [
            ("By link", "submitted"),
            ("By account", "draft"),
        ]
        assert mine(session, SIGNED_OUT, now=NOW) == ()


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


def test_similar_entries_are_pointed_out_among_what_may_be_seen(write: Opened, read: Opened) -> None:
    with write() as session:
        public = make_published(session, title="Assessment of coastal mangroves").ref
        make_submitted(session, title="Assessment of coastal mangrove")
        zh = make_published(session, title="国家湿地生态系统评估能力建设").ref
        make_published(session, title="Something else altogether")

    with read() as session:
        found = similar_entries(session, SIGNED_OUT, REQUEST, {"title": "Assessments of coastal mangroves"})
        chinese = similar_entries(session, SIGNED_OUT, REQUEST, {"title": "国家湿地生态系统评估能力建设项目"})

        assert [similar.ref for similar in found] == [public]
        assert [similar.ref for similar in chinese] == [zh]


def test_similar_organisations_do_not_betray_hidden_entries(write: Opened, read: Opened) -> None:
    with write() as session:
        make_published(session, organisation_name="Institute of Savannah Studies")
        make_submitted(session, organisation_name="Institute of Savannah Study")
        officer = make_actor(session, Role.OFFICER)

    with read() as session:
        found = {
            name: [
                similar.name
                for similar in similar_organisations(session, actor, "Institut of Savannah Studies", "KEN")
            ]
            for name, actor in {"public": SIGNED_OUT, "officer": officer}.items()
        }

    assert found == {
        "public": ["Institute of Savannah Studies"],
        "officer": ["Institute of Savannah Studies", "Institute of Savannah Study"],
    }


def test_consent_narrows_what_is_found_at_once(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_published(session)
        consent(session, link_holder(entry.id), entry.ref, ["title"], entry.version, now=NOW)

    with read() as session:
        assert titles(session, q="savannah") == []
        assert titles(session, q="mentors") == [content()["title"]]
