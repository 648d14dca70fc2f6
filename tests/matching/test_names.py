"""matching/names.py: the same body or entry under another spelling, in any script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.names import Why, plain_name, similar_entries, similar_names
from tests.matching.examples import make_offer, make_request

BODIES = {
    "unep-wcmc": ("UN Environment Programme World Conservation Monitoring Centre", "UNEP-WCMC"),
    "cirad": ("Centre de coopération internationale en recherche agronomique", "CIRAD"),
    "kws": ("Kenya Wildlife Service", "KWS"),
    "ras": ("Российская академия наук", "РАН"),
    "cas": ("中国科学院",),
    "acsad": ("المركز العربي لدراسات المناطق الجافة",),
}


def keys(query, **options):
    return [similar.key for similar in similar_names(query, BODIES, **options)]


@pytest.mark.parametrize(
    ("query", "key", "why"),
    [
        ("kenya wildlife service", "kws", Why.SAME),
        ("The Kenya Wildlife Service Ltd.", "kws", Why.SAME),
        ("Kenya Wildlfe Service", "kws", Why.SPELLING),
        ("Wildlife Service Kenya", "kws", Why.SPELLING),
        ("Kenia Wildlife Services", "kws", Why.SPELLING),
        ("KWS", "kws", Why.SAME),
        ("Centre de cooperation internationale en recherche agronomique", "cirad", Why.SAME),
        ("Российская Академия Наук", "ras", Why.SAME),
        ("Росийская академия наук", "ras", Why.SPELLING),
        ("中国科学院有限公司", "cas", Why.SAME),
        ("中国科学研究院", None, None),
        ("المركز العربى لدراسات المناطق الجافة", "acsad", Why.SPELLING),
        ("Ministry of Finance", None, None),
        ("", None, None),
        (" \u200f—", None, None),
    ],
)
def test_similar_names_finds_the_body(query, key, why):
    found = [(similar.key, similar.why) for similar in similar_names(query, BODIES)]

    assert found == ([(key, why)] if key else [])


def test_similar_names_knows_an_acronym_by_its_initials():
    found = similar_names("NEMA", {"nema": ("National Environment Management Authority",)})

    assert [(similar.key, similar.why, similar.score) for similar in found] == [("nema", Why.ACRONYM, 0.9)]


def test_similar_names_knows_a_name_by_its_known_acronym():
    found = similar_names("National Environment Management Authority", {"nema": ("NEMA",)})

    assert [similar.why for similar in found] == [Why.ACRONYM]


def test_similar_names_gives_the_best_first_and_ties_by_key():
    same = {"b": ("Forest Fund",), "a": ("Forest Fund",), "c": ("Forest Funds",)}

    assert [similar.key for similar in similar_names("Forest Fund", same)] == ["a", "b", "c"]
    assert [similar.key for similar in similar_names("Forest Fund", same, limit=1)] == ["a"]


def test_plain_name_keeps_a_name_of_nothing_but_noise():
    assert plain_name("The Company Ltd") == "the company ltd"


@given(st.text(), st.text())
def test_similar_names_is_sure_of_a_name_itself_and_stays_within_bounds(one, other):
    found = similar_names(one, {"one": (one,), "other": (other,)}, cutoff=0.0)

    assert all(0.0 <= similar.score <= 1.0 for similar in found)
    if plain_name(one):
        assert ("one", 1.0) in [(similar.key, similar.score) for similar in found]


def test_similar_entries_finds_the_same_request_written_again():
    first = make_request(
        "REQ-1",
        texts={
            "title": ("National assessment of wetlands",),
            "summary": ("We plan to assess all wetlands of the country.",),
        },
    )
    again = make_request(
        "REQ-2",
        texts={
            "title": ("National assessment of wetland",),
            "summary": ("We plan to assess all the wetlands of our country.",),
        },
    )
    other = make_request(
        "REQ-3", texts={"title": ("Training for herders",), "summary": ("Herders learn to count.",)}
    )

    found = similar_entries(first, [first, again, other, make_offer(text="National assessment of wetlands")])

    assert [similar.key for similar in found] == ["REQ-2"]
    assert found[0].name == "National assessment of wetland"


def test_similar_entries_calls_the_same_text_the_same():
    found = similar_entries(make_request("REQ-1", "湿地评估"), [make_request("REQ-2", "湿地评估")])

    assert [(similar.key, similar.score, similar.why) for similar in found] == [("REQ-2", 1.0, Why.SAME)]


def test_similar_entries_finds_a_long_title_under_another_summary():
    title = ("Assessing the mangroves of the western coast",)
    first = make_request("REQ-1", texts={"title": title, "summary": ("One text.",)})
    again = make_request(
        "REQ-2", texts={"title": title, "summary": ("Quite another story, told at length here.",)}
    )

    assert [similar.key for similar in similar_entries(first, [again])] == ["REQ-2"]


def test_similar_entries_finds_nothing_for_an_entry_without_words():
    assert similar_entries(make_request("REQ-1"), [make_request("REQ-2")]) == []
