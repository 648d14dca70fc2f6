"""Is content complete and canonical, and do differences add up to both texts?"""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from seed.reference import reference_files
from services.entries.content import canonical, content_hash, empty_content
from services.entries.differences import ADDED, REMOVED, SAME, Part, differences, text_parts
from services.entries.fields import DEFAULT_PUBLIC, FIELDS, fields_of, personal, publishable
from services.entries.search import findable, search_words
from tests.factories import content
from vocabulary.states import EntryKind

TEXTS = st.text(alphabet="ab .!\n国家湿地，。نص", max_size=60)


def test_every_vocabulary_of_the_table_is_shipped() -> None:
    shipped = {file["vocabulary"] for file in reference_files()}

    assert {field.vocabulary for field in FIELDS if field.vocabulary} - shipped == set()


def test_personal_ways_to_reach_somebody_are_never_publishable() -> None:
    contact = {"contact_name", "contact_email", "contact_phone", "contact_way", "focal_point_name"}

    for kind in EntryKind:
        assert contact & set(publishable(kind)) == set()
        assert set(DEFAULT_PUBLIC) & set(personal(kind)) == set()


def test_empty_content_has_every_field() -> None:
    for kind in EntryKind:
        assert list(empty_content(kind)) == [field.name for field in fields_of(kind)]


def test_hash_is_the_same_for_the_same_answers() -> None:
    one = canonical(EntryKind.REQUEST, content(needs=["2.1", "1.1"], amount_sought="25000"))
    two = canonical(EntryKind.REQUEST, content(needs=["1.1", "2.1", "1.1"], amount_sought="25000.00"))
    other = canonical(EntryKind.REQUEST, content(needs=["1.1"]))

    assert content_hash(one) == content_hash(two)
    assert content_hash(one) != content_hash(other)


def test_differences_name_fields_words_and_codes() -> None:
    old = content(title="Mentors for wetlands", needs=["1.1", "2.1"])
    new = content(title="Trainers for wetlands", needs=["2.1", "2.2"])

    title, needs = differences(old, new)

    assert title.parts == (Part(REMOVED, "Mentors"), Part(ADDED, "Trainers"), Part(SAME, " for wetlands"))
    assert (needs.added, needs.removed) == (("2.2",), ("1.1",))


def test_differences_of_chinese_are_by_character() -> None:
    assert text_parts("国家湿地评估", "国家森林评估") == (
        Part(SAME, "国家"),
        Part(REMOVED, "湿地"),
        Part(ADDED, "森林"),
        Part(SAME, "评估"),
    )


def test_missing_and_empty_do_not_differ() -> None:
    assert differences({}, empty_content(EntryKind.REQUEST)) == []


@given(TEXTS, TEXTS)
@settings(max_examples=200, deadline=None)
def test_parts_add_up_to_both_texts(old: str, new: str) -> None:
    parts = text_parts(old, new)

    assert "".join(part.text for part in parts if part.kind != ADDED) == old
    assert "".join(part.text for part in parts if part.kind != REMOVED) == new


def test_long_texts_are_compared_quickly() -> None:
    old = "".join(chr(0x4E00 + n * 7919 % 5000) for n in range(20_000))
    new = old[::-1]

    parts = text_parts(old, new)

    assert {part.kind for part in parts} == {REMOVED, ADDED}


@given(st.text(max_size=80))
def test_findable_is_stable_and_finds_itself(text: str) -> None:
    once = findable(text)

    assert findable(once) == once
    assert [word for word in search_words(text) if word not in once] == []


def test_search_finds_a_name_with_either_apostrophe() -> None:
    assert findable("Côte d’Ivoire") == findable("Cote d'Ivoire")
