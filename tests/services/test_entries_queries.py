"""Does a list, a page, a count or a search show exactly what this reader may see, at a fixed cost?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from itertools import chain

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from services.entries.publication import consent
from services.queries.entries import list_public, list_visible, mine
from services.queries.similar import similar_entries, similar_organisations
from tests.factories import (
    content,
    link_holder,
    make_actor,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from tests.services.entry_lists import REQUEST, titles
from vocabulary.errors import Invalid
from vocabulary.people import SIGNED_OUT, Actor, Role
from vocabulary.states import (
    EntryKind,
)


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
