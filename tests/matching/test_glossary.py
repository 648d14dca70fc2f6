"""The glossary's data is complete and consistent, and every term is found in its own language."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.glossary import (
    SHIPPED,
    Concept,
    FoundConcept,
    Glossary,
    SharedConcept,
    concepts_in,
    shared_concepts,
    shipped_glossary,
)
from matching.text import LANGUAGES
from matching.word_forms import keys_of, plain_text, words_of
from tests.matching.parallel import ranks, shared_terms, vocabulary_texts

ROOT = Path(__file__).resolve().parents[2]
CONTENT: dict[str, Any] = json.loads(SHIPPED.read_text(encoding="utf-8"))
CONCEPTS: list[dict[str, Any]] = CONTENT["concepts"]
PLATFORM: list[dict[str, Any]] = json.loads(
    (ROOT / "translations" / "glossary.json").read_text(encoding="utf-8")
)["terms"]
OTHER_MEANINGS = {"capacity_of_offer"}
"""Platform terms with another meaning than the concept of the same name."""
MOST_TERMS = 5
FEWEST_CONCEPTS = 600
DOMAINS = {
    "assessment",
    "climate",
    "conservation",
    "data",
    "drivers",
    "ecosystems",
    "general",
    "ilk",
    "institutions",
    "nature-contributions",
    "policy",
    "process",
    "sectors",
    "society",
    "support",
    "taxa",
    "training",
}
SCRIPTS = {"ar": "ARABIC", "ru": "CYRILLIC", "zh": "CJK"}
LATIN_NAME = re.compile(r"[A-Za-z0-9+ -]+")


def terms_of(language: str) -> list[tuple[str, str]]:
    """Every term of a language with its concept."""
    return [(concept["id"], term) for concept in CONCEPTS for term in concept[language]]


def ids(found: tuple[FoundConcept, ...]) -> list[str]:
    return [item.id for item in found]


# The data.


def test_glossary_has_enough_concepts_each_with_its_own_id() -> None:
    names = [concept["id"] for concept in CONCEPTS]

    assert len(names) >= FEWEST_CONCEPTS
    assert [name for name, n in Counter(names).items() if n > 1] == []
    assert [name for name in names if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", name)] == []


def test_every_concept_has_a_domain_and_all_six_languages_and_nothing_else() -> None:
    assert {concept["domain"] for concept in CONCEPTS} == DOMAINS
    assert [c["id"] for c in CONCEPTS if set(c) != {"id", "domain", *LANGUAGES}] == []
    assert [
        (c["id"], language)
        for c in CONCEPTS
        for language in LANGUAGES
        if not 1 <= len(c[language]) <= MOST_TERMS
    ] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_terms_are_written_clean(language: str) -> None:
    wrong = [
        (name, term)
        for name, term in terms_of(language)
        if term != unicodedata.normalize("NFC", " ".join(term.split())) or re.search(r"[;|'\"_<>{}]", term)
    ]

    assert wrong == []


@pytest.mark.parametrize("language", sorted(SCRIPTS))
def test_terms_are_in_the_script_of_their_language(language: str) -> None:
    strange = [
        (name, term)
        for name, term in terms_of(language)
        if not LATIN_NAME.fullmatch(term)
        and not any(SCRIPTS[language] in unicodedata.name(letter, "") for letter in term)
    ]
    latin_only = [c["id"] for c in CONCEPTS if LATIN_NAME.fullmatch(c[language][0])]

    assert strange == []
    assert latin_only == []


@pytest.mark.parametrize("language", ["en", "es", "fr"])
def test_terms_in_latin_letters_hold_no_other_letters(language: str) -> None:
    strange = [
        (name, term)
        for name, term in terms_of(language)
        if any(letter.isalpha() and "LATIN" not in unicodedata.name(letter) for letter in term)
    ]

    assert strange == []


def test_arabic_terms_carry_no_vowel_signs_that_a_text_would_lack() -> None:
    preferred = [c["ar"][0] for c in CONCEPTS]

    assert [term for term in preferred if re.search("[\u064b-\u0652\u0640]", term)] == []


def test_no_term_stands_for_two_concepts_but_where_it_is_listed_as_a_homonym() -> None:
    meanings: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for language in LANGUAGES:
        for name, term in terms_of(language):
            meanings[language, term.casefold()].append(name)
    found = {(language, tuple(sorted(names))) for (language, _), names in meanings.items() if len(names) > 1}

    listed = {(item["language"], tuple(item["concepts"])) for item in CONTENT["homonyms"]}

    assert found == listed


@pytest.mark.parametrize("language", [language for language in LANGUAGES if language != "zh"])
def test_no_term_is_a_variant_that_its_other_terms_already_find(language: str) -> None:
    keys = [(c["id"], keys_of(term, language)[0], term.isupper()) for c in CONCEPTS for term in c[language]]

    assert [key for key, n in Counter(keys).items() if n > 1] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_words_passed_over_are_no_terms(language: str) -> None:
    passed_over = set(CONTENT["passed_over"].get(language, ()))

    assert passed_over & {term.casefold() for _, term in terms_of(language)} == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_platform_terms_and_glossary_use_the_same_words(language: str) -> None:
    labels = {
        term["labels"]["en"].casefold(): term["labels"][language]
        for term in PLATFORM
        if term["code"] not in OTHER_MEANINGS
    }
    both = [c for c in CONCEPTS if c["en"][0].casefold() in labels]

    differing = [
        (c["id"], c[language][0], labels[c["en"][0].casefold()])
        for c in both
        if not same_term(c[language][0], labels[c["en"][0].casefold()], language)
    ]

    assert len(both) >= 40
    assert differing == []


def same_term(term: str, label: str, language: str) -> bool:
    """Is a term the label, articles and capitals apart?"""
    if language == "zh":
        return term == label
    return not set(keys_of(label, language)).isdisjoint(keys_of(term, language))


# The reader and the matcher.


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_term_names_its_concept_from_end_to_end(language: str) -> None:
    missed = []
    for name, term in terms_of(language):
        found = [item for item in concepts_in(term, language) if item.id == name]
        if not found or spoken(found[0].surface, language) != spoken(term, language):
            missed.append((name, term))

    assert missed == []


def spoken(text: str, language: str) -> list[str]:
    """A text without its signs and joining words."""
    return [text] if language == "zh" else [word.surface for word in words_of(plain_text(text), language)]


def test_shipped_glossary_holds_what_the_file_holds() -> None:
    glossary = shipped_glossary()

    assert list(glossary.concepts) == [concept["id"] for concept in CONCEPTS]
    assert glossary.concepts["wetland"].label("fr") == "zone humide"
    assert glossary.concepts["wetland"].label("de") == "wetland"


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "Restoring mangroves and seagrass beds", ["mangrove", "seagrass-bed"]),
        ("fr", "Nous suivons les zones humides et leurs oiseaux d’eau.", ["wetland", "waterbird"]),
        ("es", "Las especies exóticas invasoras y los humedales", ["invasive-alien-species", "wetland"]),
        ("ru", "проведение национальных оценок и сохранение торфяников", ["national-assessment", "peatland"]),
        ("ar", "لحفظ الشعاب المرجانية وأشجار المانغروف", ["coral-reef", "mangrove"]),
        ("zh", "加强湿地恢复和GIS培训", ["wetland-restoration", "geographic-information-system", "training"]),
    ],
)  # fmt: skip
def test_inflected_terms_are_found_in_each_language(language: str, text: str, expected: list[str]) -> None:
    assert ids(concepts_in(text, language)) == expected


def test_longest_term_wins_and_nested_terms_are_told_on_request() -> None:
    text = "wetland restoration"

    assert ids(concepts_in(text, "en")) == ["wetland-restoration"]
    assert ids(concepts_in(text, "en", nested=True)) == ["wetland-restoration", "wetland", "restoration"]


def test_found_concept_says_where_it_stands() -> None:
    found = concepts_in("Help for the wetlands.", "en")

    assert found == (FoundConcept("wetland", 13, 21, "wetlands"),)


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("en", "We scored it (land). Use it: the water; quality counts.", ["water"]),
        ("en", "the host, the doctor and a minor authority", []),
        ("en", "some pes", []),
        ("es", "el mes pasado, junto a la mesa, tal vez", []),
        ("fr", "l’équipe indiquée, la mère", ["working-group"]),
        ("ru", "в результате данного обсуждения семь раз", []),
        ("ar", "في بطاقة العضوية", []),
        ("xx", "wetland", []),
        ("en", "", []),
        ("zh", "", []),
        ("ar", "،،، ؟", []),
    ],
)
def test_words_that_only_look_like_terms_are_left_alone(
    language: str, text: str, expected: list[str]
) -> None:
    assert ids(concepts_in(text, language)) == expected


def test_abbreviation_is_found_in_capitals_only() -> None:
    assert ids(concepts_in("PES and pes", "en")) == ["payment-for-ecosystem-services"]


def test_homonym_gives_every_concept_that_it_may_mean() -> None:
    assert ids(concepts_in("évaluation", "fr")) == ["evaluation", "assessment"]


def test_language_is_identified_when_it_is_not_given() -> None:
    assert ids(concepts_in("водно-болотные угодья")) == ["wetland"]


def test_two_texts_share_a_concept_across_languages() -> None:
    here = ("Les zones humides et la zone humide d’Ichkeul", "fr")
    there = ("恢复湿地", "zh")

    assert shared_concepts(here, there) == (
        SharedConcept("wetland", ("zones humides", "zone humide"), ("湿地",)),
    )


def test_one_stem_gives_the_concept_written_most_alike() -> None:
    terms = {language: ("x",) for language in LANGUAGES if language != "en"}
    glossary = Glossary(
        [
            Concept("developing", "general", {"en": ("developing country",), **terms}),
            Concept("least", "general", {"en": ("least developed country",), **terms}),
        ]
    )

    assert ids(glossary.concepts_in("the least developed countries", "en")) == ["least"]
    assert ids(glossary.concepts_in("developing countries", "en")) == ["developing"]


@given(
    st.sampled_from([*LANGUAGES, "xx"]),
    st.lists(
        st.one_of(
            st.text(max_size=12),
            st.sampled_from([term for language in LANGUAGES for _, term in terms_of(language)[::7]]),
        ),
        max_size=6,
    ),
)
def test_what_is_found_stands_in_the_text_in_order_without_overlap(language: str, pieces: list[str]) -> None:
    text = " ".join(pieces)

    found = concepts_in(text, language)

    plain = plain_text(text)
    assert [item for item in found if plain[item.start : item.end] != item.surface] == []
    spans = list(dict.fromkeys((item.start, item.end) for item in found))
    assert all(one[1] <= other[0] for one, other in pairwise(spans))


# The platform's own texts, which exist in six languages, find their translations.


def test_labels_of_the_vocabularies_share_a_concept_in_all_six_languages() -> None:
    labels = vocabulary_texts("labels", ["needs", "initiatives", "support_types", "ecosystems", "categories"])

    without = [name for name, texts in labels.items() if not shared_terms(texts)]

    assert without == ["categories/other"]


def test_texts_of_the_platform_find_their_translations_by_concepts_alone() -> None:
    found = ranks(vocabulary_texts())

    assert found.at(1) >= 0.78
    assert found.at(10) >= 0.93
