"""Do form and JSON read the same, and is everything that cannot be kept answered in words by field?"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from marshmallow import ValidationError

from schemas.entries import (
    CONTENT_SCHEMAS,
    OUT_SCHEMAS,
    EntryQuerySchema,
    OfferContentSchema,
    RequestContentSchema,
    filters_of,
    page_out,
    row_out,
)
from services.entries.content import canonical
from services.queries.entries import entry_page, list_public
from tests.factories import content, link_holder, make_published
from tests.fixtures import NOW, Opened
from vocabulary.messages import Message
from vocabulary.states import EntryKind


def test_form_and_json_give_the_same_content() -> None:
    for kind, schema in CONTENT_SCHEMAS.items():
        sent = content(kind)
        form = {name: str(value) if isinstance(value, int) else value for name, value in sent.items()}
        form["consent_terms"] = "on"

        assert schema().load(form) == schema().load(sent)
        assert canonical(kind, schema().load(sent)) == sent


def test_empty_boxes_are_nothing() -> None:
    sent = {
        "title": " ",
        "countries": "",
        "starts_on": "",
        "amount_sought": "",
        "stage": "",
        "consent_terms": "",
    }

    assert RequestContentSchema().load(sent) == {
        "title": None,
        "countries": [],
        "starts_on": None,
        "amount_sought": None,
        "stage": None,
        "consent_terms": None,
    }


@pytest.mark.parametrize(
    ("name", "sent", "read"),
    [
        ("title", "a\u202eb\x07 c\n d", "ab c d"),
        ("summary", "one\r\ntwo\x0b", "one\ntwo"),
        ("summary", "e\u0301tude", "étude"),
        ("amount_sought", "25 000.5", Decimal("25000.50")),
        ("amount_sought", 25000.1, Decimal("25000.10")),
        ("contact_email", " Amina@Example.ORG ", "amina@example.org"),
        ("contact_phone", "+٢٥٤ 20 762", "+254 20 762"),
        ("organisation_site", "example.org/a", "https://example.org/a"),
        ("countries", "KEN", ["KEN"]),
        ("needs", ["2.1", "1.1", "2.1"], ["1.1", "2.1"]),
        ("countries", None, []),
    ],
)
def test_values_are_cleaned(name: str, sent: Any, read: Any) -> None:
    assert RequestContentSchema().load({name: sent}) == {name: read}


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("title", "x" * 301),
        ("title", "a\x00b"),
        ("title", "\ud800"),
        ("title", 5),
        ("need", "x" * 20_001),
        ("starts_on", "31.12.2026"),
        ("starts_on", "1899-12-31"),
        ("starts_on", "2101-01-01"),
        ("starts_on", "2026-02-30"),
        ("amount_sought", "-1"),
        ("amount_sought", "NaN"),
        ("amount_sought", "1e400"),
        ("amount_sought", "1.005"),
        ("amount_sought", "25,000"),
        ("amount_sought", True),
        ("contact_email", "amina"),
        ("contact_email", "a@b.c\nBcc: x@y.zz"),
        ("contact_email", "a@b..org"),
        ("contact_phone", "call me"),
        ("organisation_site", "javascript:alert(1)"),
        ("organisation_site", "https://user:pw@example.org"),
        ("organisation_site", "http://[broken"),
        ("countries", {"KEN": 1}),
        ("countries", [1]),
        ("countries", ["A" * 41]),
        ("needs", [f"n{n}" for n in range(61)]),
        ("self_assessment", ["1"]),
        ("self_assessment", {"1": {"finding": "met", "score": 3}}),
        ("consent_terms", "perhaps"),
        ("nonsense", "x"),
        ("capacity", 3),
    ],
)
def test_what_cannot_be_kept_is_refused_in_our_words(name: str, sent: Any) -> None:
    with pytest.raises(ValidationError) as refused:
        RequestContentSchema().load({name: sent})

    assert list(refused.value.normalized_messages()) == [name]
    assert [type(text) for text in _texts(refused.value.normalized_messages())] == [Message]


def _texts(messages: Any) -> list[Any]:
    if isinstance(messages, dict):
        return [text for value in messages.values() for text in _texts(value)]
    return list(messages)


@pytest.mark.parametrize(("sent", "read"), [("3", 3), (0, 0), ("", None), (None, None)])
def test_whole_numbers(sent: Any, read: int | None) -> None:
    assert OfferContentSchema().load({"capacity": sent}) == {"capacity": read}


@pytest.mark.parametrize("sent", ["3.5", -1, True, "many", 10**9, 3.0])
def test_what_is_no_whole_number_is_refused(sent: Any) -> None:
    with pytest.raises(ValidationError):
        OfferContentSchema().load({"capacity": sent})


@given(st.dictionaries(st.sampled_from(sorted(RequestContentSchema().fields)), st.text(max_size=50)))
@settings(max_examples=150, deadline=None)
def test_any_form_is_read_or_refused_and_reads_the_same_again(form: dict[str, str]) -> None:
    try:
        read = RequestContentSchema().load(form)
    except ValidationError:
        return
    kept = canonical(EntryKind.REQUEST, read)

    assert canonical(EntryKind.REQUEST, RequestContentSchema().load(kept)) == kept


def test_filters_are_read_from_repeated_and_joined_values() -> None:
    query = EntryQuerySchema().load({"needs": ["1.1,2", "3"], "q": "wet  lands", "limit": "5"})

    assert (query["q"], query["limit"], query["sort"]) == ("wet lands", 5, "newest")
    assert filters_of(query) == {"needs": ["1.1", "2", "3"]}


def test_answers_load_through_their_published_schema(write: Opened, read: Opened) -> None:
    refs = {}
    with write() as session:
        for kind in EntryKind:
            entry = make_published(session, kind)
            refs[kind] = (entry.ref, link_holder(entry.id))

    with read() as session:
        for kind, (ref, holder) in refs.items():
            schema = OUT_SCHEMAS[kind]()
            page = schema.dump(page_out(entry_page(session, holder, ref, now=NOW)))
            row = schema.dump(row_out(list_public(session, kind, {}).rows[0]))

            assert schema.validate(page) == {}
            assert schema.validate(row) == {}
            assert {name: page[name] for name in content(kind)} == content(kind)
            assert (row["ref"], "contact_email" in row, row["state"]) == (ref, False, None)
