"""matching/explain.py: the words that make a pair alike, as somebody wrote them."""

from __future__ import annotations

import pytest

from matching.index import fit_index
from matching.rank import rank
from tests.matching.examples import make_offer, make_request
from vocabulary.states import EntryKind


def terms(request, offer):
    index = fit_index([offer, make_offer("OFF-9", "nothing alike here")], EntryKind.OFFER)
    match = next(match for match in rank(request, index).matches if match.id == offer.id)
    assert sum(shared.share for shared in match.terms) == pytest.approx(match.parts["text"], abs=1e-9)
    return [shared.term for shared in match.terms]


def test_terms_are_the_words_of_the_request():
    found = terms(make_request(text="Mangroves, Assessing"), make_offer(text="mangrove assessments mangrove"))

    assert found == ["Mangroves", "Assessing"]


def test_terms_take_the_commonest_form_then_the_first_in_the_alphabet():
    found = terms(
        make_request(text="assessing Assessment assessment ASSESSMENT assessment"), make_offer(text="assess")
    )

    assert found == ["assessment"]


def test_terms_are_the_same_from_the_side_of_the_offer():
    request, offer = make_request(text="Mangroves"), make_offer(text="mangrove")

    match = rank(offer, fit_index([request], EntryKind.REQUEST)).matches[0]

    assert [shared.term for shared in match.terms] == ["Mangroves"]


def test_terms_join_chinese_characters_that_stand_together_in_both_texts():
    found = terms(
        make_request(text="生物多样性评估与湿地保护", language="zh"),
        make_offer(text="湿地管理者的生物多样性培训", language="zh"),
    )

    assert found == ["生物多样性", "湿地"]


def test_terms_do_not_join_what_stands_apart_in_the_other_text():
    found = terms(make_request(text="湿地评估", language="zh"), make_offer(text="评估湿地", language="zh"))

    assert sorted(found) == ["湿地", "评估"]


def test_terms_join_no_further_than_the_other_text_does():
    found = terms(
        make_request(text="湿地评估", language="zh"), make_offer(text="湿地评；地评估", language="zh")
    )

    assert sorted(found) == ["地评估", "湿地评"]


def test_terms_of_equal_share_go_by_the_alphabet():
    found = terms(make_request(text="soil forest market"), make_offer(text="market soil forest"))

    assert sorted(found) == ["forest", "market", "soil"]
