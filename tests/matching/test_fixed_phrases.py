"""matching/fixed_phrases.py: a developing country is no developed one, and neither is any development."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.fixed_phrases import DEVELOPED, DEVELOPING, LEAST, fixed_words
from matching.text import LANGUAGES, analyse, normalise

FIXED = {DEVELOPED, DEVELOPING, LEAST}


def fixed_tokens(text, language):
    return [(token, surface) for token, surface in analyse(text, language) if token in FIXED]


@pytest.mark.parametrize(
    ("language", "text", "found"),
    [
        ("en", "Developing countries", [(DEVELOPING, "Developing")]),
        ("en", "a developed country", [(DEVELOPED, "developed")]),
        ("en", "the least developed countries", [(LEAST, "developed")]),
        ("en", "small island developing States", [(DEVELOPING, "developing")]),
        ("en", "developed and developing countries", [(DEVELOPED, "developed"), (DEVELOPING, "developing")]),
        ("en", "emerging and developing economies", [(DEVELOPING, "developing")]),
        ("en", "tools were developed in countries", []),
        ("en", "developing tools for the country, the world and the region", []),
        ("fr", "pays en développement", [(DEVELOPING, "développement")]),
        ("fr", "les pays en voie de développement", [(DEVELOPING, "développement")]),
        ("fr", "des pays développés", [(DEVELOPED, "développés")]),
        ("fr", "les pays les moins avancés", [(LEAST, "avancés")]),
        ("fr", "les outils développés pour le développement des pays", []),
        ("es", "los países en desarrollo", [(DEVELOPING, "desarrollo")]),
        ("es", "países desarrollados", [(DEVELOPED, "desarrollados")]),
        ("es", "los países menos adelantados", [(LEAST, "adelantados")]),
        ("es", "herramientas desarrolladas para el desarrollo del país", []),
        ("ru", "в развивающихся странах", [(DEVELOPING, "развивающихся")]),
        ("ru", "развитые страны", [(DEVELOPED, "развитые")]),
        ("ru", "наименее развитых стран", [(LEAST, "развитых")]),
        ("ru", "развитие страны и развивающееся партнёрство", []),
        ("ar", "في البلدان النامية", [(DEVELOPING, "النامية")]),
        ("ar", "للدول المتقدمة", [(DEVELOPED, "المتقدمة")]),
        ("ar", "البلدان الأقل نموا", [(LEAST, "نموا")]),
        ("ar", "التنمية في البلدان", []),
        ("zh", "发展中国家", [(DEVELOPING, "发展中")]),
        ("zh", "发达国家", [(DEVELOPED, "发达")]),
        ("zh", "最不发达国家", [(LEAST, "最不发达")]),
        ("zh", "不发达国家", []),
        ("zh", "中国的发展", []),
    ],
)
def test_words_beside_a_country_have_a_token_of_their_own(language, text, found):
    assert fixed_tokens(text, language) == found


def test_developing_countries_in_chinese_do_not_name_china():
    assert "中国" not in [token for token, _ in analyse("支持发展中国家的能力建设", "zh")]
    assert "中国" in [token for token, _ in analyse("支持中国的能力建设", "zh")]


def test_what_is_developed_is_still_development():
    assert analyse("developed", "en")[0][0] == analyse("development of tools", "en")[0][0] == "develop"


@given(st.text(), st.sampled_from((*LANGUAGES, "de")))
def test_fixed_words_stand_in_order_and_within_the_text(text, language):
    plain = normalise(text)

    found = fixed_words(plain, language)

    ends = [0, *(end for end, _ in found.values())]
    assert all(0 <= start < end <= len(plain) for start, (end, _) in found.items())
    assert all(before <= start for before, start in zip(ends, found, strict=False))
