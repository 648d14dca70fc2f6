"""matching/across.py and lexicon.py: a pair in two languages is compared word by word, and says so."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.facts import EntryFacts
from matching.index import fit_index, fit_indexes
from matching.lexicon import FOLDER, translations
from matching.rank import rank
from matching.text import LANGUAGES, analyse
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind

SAME = {
    "en": ("forest", "river", "training", "climate", "fish", "island", "law", "university"),
    "fr": ("forêt", "rivière", "formation", "climat", "poisson", "île", "loi", "université"),
    "es": ("bosque", "río", "formación", "clima", "pescado", "isla", "ley", "universidad"),
    "ru": ("лес", "река", "обучение", "климат", "рыба", "остров", "закон", "университет"),
    "ar": ("غابة", "نهر", "تدريب", "مناخ", "سمك", "جزيرة", "قانون", "جامعة"),
    "zh": ("森林", "河流", "培训", "气候", "鱼类", "岛屿", "法律", "大学"),
}
"""The same words in six languages."""

PLACES_OF_WORDS = st.lists(st.integers(0, 7), min_size=1, max_size=6, unique=True)
CODES = st.sampled_from(LANGUAGES)


def says(make, name: str, language: str, words, more: str = "") -> EntryFacts:
    text = " ".join([SAME[language][at] for at in words] + [more])
    return make(name, text, language=language)


def every_match(subject, index):
    return {match.id: match for match in rank(subject, index, top=1_000).matches}


@st.composite
def pairs(draw):
    request = says(make_request, "REQ-1", draw(CODES), draw(PLACES_OF_WORDS))
    offers = [says(make_offer, f"OFF-{n}", draw(CODES), draw(PLACES_OF_WORDS)) for n in range(4)]
    return request, offers


@pytest.mark.parametrize("asked", LANGUAGES)
@pytest.mark.parametrize("given_", LANGUAGES)
def test_rank_puts_the_translation_first_in_every_pair_of_languages(asked, given_):
    offers = [says(make_offer, f"OFF-{at}", given_, [at, (at + 1) % 8]) for at in range(8)]
    index = fit_index(offers, EntryKind.OFFER)

    first = [
        rank(says(make_request, "REQ-1", asked, [at, (at + 1) % 8]), index, top=1).matches[0].id
        for at in range(8)
    ]

    assert first == [f"OFF-{at}" for at in range(8)]


@settings(deadline=None)
@given(pairs())
def test_shares_across_languages_add_up_to_the_part(pair):
    request, offers = pair

    for match in every_match(request, fit_index(offers, EntryKind.OFFER)).values():
        assert sum(shared.share for shared in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)
        assert all(shared.share > 0 for shared in match.terms)


@settings(deadline=None)
@given(pairs())
def test_a_pair_in_two_languages_scores_the_same_from_both_sides(pair):
    request, offers = pair
    indexes = fit_indexes([request, *offers])

    from_request = every_match(request, indexes[EntryKind.OFFER])
    from_offers = {offer.id: every_match(offer, indexes[EntryKind.REQUEST]).get("REQ-1") for offer in offers}

    assert {name: (match.parts, match.terms) for name, match in from_request.items()} == {
        name: (match.parts, match.terms) for name, match in from_offers.items() if match
    }


@settings(deadline=None)
@given(pairs(), CODES, PLACES_OF_WORDS)
def test_an_offer_more_in_any_language_changes_no_score(pair, language, words):
    request, offers = pair
    index = fit_index(offers, EntryKind.OFFER)
    before = every_match(request, index)

    after = every_match(request, index.with_changes([says(make_offer, "OFF-9", language, words)]))

    assert {name: match for name, match in after.items() if name != "OFF-9"} == before


@settings(deadline=None)
@given(CODES, CODES, PLACES_OF_WORDS, st.integers(0, 7))
def test_taking_a_shared_word_out_of_the_offer_lowers_the_text_part(asked, given_, words, gone):
    request = says(make_request, "REQ-1", asked, words)
    whole = says(make_offer, "OFF-1", given_, range(8))
    rest = says(make_offer, "OFF-1", given_, [at for at in range(8) if at != gone], "zzyzx")
    index = fit_index([whole], EntryKind.OFFER)

    before = every_match(request, index)["OFF-1"].parts["text"]
    after = every_match(request, index.with_changes([rest])).get("OFF-1")

    if gone in words:
        assert (after.parts["text"] if after else 0.0) < before


def test_terms_name_the_word_of_both_texts():
    request = make_request("REQ-1", "Formation sur les forêts", language="fr")
    index = fit_index([make_offer("OFF-1", "培训与森林", language="zh")], EntryKind.OFFER)

    terms = rank(request, index).matches[0].terms

    assert {(shared.term, shared.other) for shared in terms} == {("Formation", "培训"), ("forêts", "森林")}


def test_terms_of_one_language_name_one_word():
    request = make_request("REQ-1", "Forest training", language="en")
    index = fit_index([make_offer("OFF-1", "Training in forests", language="en")], EntryKind.OFFER)

    assert [shared.other for shared in rank(request, index).matches[0].terms] == ["", ""]


@pytest.mark.parametrize("name", ["IPBES 2030", "Kiribati", "CO2"])
def test_names_and_numbers_stand_for_themselves(name):
    request = make_request("REQ-1", name, language="en")
    index = fit_index([make_offer("OFF-1", f"{name} — лес", language="ru")], EntryKind.OFFER)

    assert rank(request, index).matches[0].parts["text"] > 0.1


def test_a_false_friend_is_not_taken_for_the_word_that_is_written_alike():
    request = make_request("REQ-1", "red list", language="en")
    offers = [
        make_offer("OFF-1", "red de formación", language="es"),
        make_offer("OFF-2", "lista roja", language="es"),
    ]

    assert [match.id for match in rank(request, fit_index(offers, EntryKind.OFFER)).matches] == ["OFF-2"]


def test_a_language_outside_the_six_shares_words_as_they_stand():
    request = make_request("REQ-1", "Ramsar Konvention", language="de")
    offers = [
        make_offer("OFF-1", "Ramsar convention", language="en"),
        make_offer("OFF-2", "лес", language="ru"),
    ]

    found = rank(request, fit_index(offers, EntryKind.OFFER)).matches

    assert [(match.id, [shared.term for shared in match.terms]) for match in found] == [("OFF-1", ["Ramsar"])]


def test_the_language_of_an_entry_that_names_none_is_found_out():
    request = make_request("REQ-1", "лес и климат", language=None)
    index = fit_index([make_offer("OFF-1", "forest and climate", language="en")], EntryKind.OFFER)

    assert rank(request, index).matches[0].parts["text"] > 0.5


def test_pieces_of_an_entry_are_each_read_across():
    long = [
        " ".join(SAME["en"]) + " forest law island fish " + word for word in ("one", "two", "three", "four")
    ]
    offer = replace(make_offer("OFF-1"), texts={"text": tuple(long)}, language="en")
    other = make_offer("OFF-2", "unlike anything", language="en")
    request = says(make_request, "REQ-1", "ar", [0, 5, 6])

    match = rank(request, fit_index([offer, other], EntryKind.OFFER)).matches[0]

    assert match.id == "OFF-1"
    assert sum(shared.share for shared in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)


@pytest.mark.parametrize("language", ["ar", "es", "fr", "ru", "zh"])
def test_every_line_of_the_lexicon_is_a_token_and_its_meanings(language):
    lines = (FOLDER / f"{language}.tsv").read_text(encoding="utf-8").splitlines()
    tokens = [line.partition("\t")[0] for line in lines]

    assert tokens == sorted(set(tokens))
    for line in lines:
        said = line.partition("\t")[2].split()
        assert said
        assert all(1 <= int(percent) <= 100 for percent in said[1::2])


@pytest.mark.parametrize("language", ["ar", "es", "fr", "ru", "zh"])
def test_the_lexicon_knows_words_as_the_analysis_in_use_gives_them(language):
    for english, word in zip(SAME["en"], SAME[language], strict=True):
        (wanted, _), *_ = analyse(english, "en")
        (token, _), *_ = analyse(word, language)

        assert wanted in dict(translations(token, language, "en"))


def test_translations_are_the_same_from_both_sides():
    for token, _ in analyse("forêt rivière climat loi eau sol pêche espèce réseau", "fr"):
        for other, likely in translations(token, "fr", "ru"):
            assert dict(translations(other, "ru", "fr"))[token] == likely
