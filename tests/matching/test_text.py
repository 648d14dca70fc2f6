"""matching/text.py: what counts as a word in each language, and what never does."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.text import analyse, identify, normalise


def tokens(text, language=None):
    return [token for token, _ in analyse(text, language)]


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("en", "Trainings", "training"),
        ("en", "ASSESSMENT", "assessments"),
        ("fr", "évaluations", "ÉVALUATION"),
        ("fr", "formation", "formations"),
        ("es", "evaluación", "evaluaciones"),
        ("es", "humedales", "Humedal"),
        ("ru", "оценки", "оценка"),
        ("ru", "учёный", "ученый"),
        ("ar", "التدريب", "تدريب"),
        ("ar", "وَالتَّدْرِيب", "التدريب"),
        ("ar", "أراضي", "اراضي"),
        ("ar", "تـــدريب", "تدريب"),
        ("zh", "生物", "生物"),
        ("en", "\uff34raining", "training"),
        ("en", "train\u00ading", "training"),
        ("ar", "\u200fتدريب\u200e", "تدريب"),
    ],
)
def test_analyse_gives_forms_of_one_word_one_token(language, one, other):
    assert tokens(one, language) == tokens(other, language)
    assert len(tokens(one, language)) == 1


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "the of and with which"),
        ("fr", "le de la avec l'd'un"),
        ("es", "el de la con según"),
        ("ru", "и в на который"),
        ("ar", "في من على إلى"),
        ("zh", "的了在是"),
        ("en", ""),
        ("en", " \t\n\u200f\u0000 — … !"),
        ("en", "7"),
    ],
)
def test_analyse_gives_nothing_for_words_that_carry_no_subject(language, text):
    assert tokens(text, language) == []


def test_analyse_keeps_the_word_as_it_was_written():
    assert analyse("Mangrove Restorations", "en") == [("mangrov", "Mangrove"), ("restor", "Restorations")]


def test_analyse_reads_chinese_in_pairs_cut_at_joining_characters():
    assert tokens("湿地的评估方法", "zh") == ["湿地", "评估", "估方", "方法"]


def test_analyse_reads_words_of_another_script_inside_a_text():
    assert tokens("IPBES评估 assessments", "zh") == ["ipb", "评估", "assess"]


def test_analyse_compares_words_as_they_stand_in_a_language_outside_the_six():
    assert tokens("Schulungen und Ausbildung", "de") == ["schulungen", "und", "ausbildung"]


def test_analyse_cuts_a_run_no_person_wrote_as_a_word():
    assert [len(token) for token in tokens("x" * 100_000, "en")] == [64]


def test_analyse_reads_five_megabytes_in_a_few_seconds():
    text = "wetland assessment and training for managers " * 110_000
    started = time.perf_counter()

    n_tokens = len(analyse(text, "en"))

    assert n_tokens == 440_000
    assert time.perf_counter() - started < 20


@settings(deadline=None)  # the first text waits for the language model
@given(st.text())
def test_analyse_answers_any_text_with_tokens_that_hold_something(text):
    for token, surface in analyse(text, None):
        assert token.strip()
        assert surface.strip()


@given(st.text())
def test_normalise_once_is_enough(text):
    assert normalise(normalise(text)) == normalise(text)


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "We need training for the national assessment of wetlands."),
        ("fr", "Nous avons besoin de formation pour l'évaluation nationale des zones humides."),
        ("es", "Necesitamos formación para la evaluación nacional de los humedales."),
        ("ru", "Нам нужно обучение для национальной оценки водно-болотных угодий."),
        ("ar", "نحتاج إلى التدريب من أجل التقييم الوطني للأراضي الرطبة."),
        ("zh", "我们需要国家湿地评估的培训。"),
        ("zh", "IPBES 评估与 training 培训"),
        ("en", ""),
        ("en", "12345 !?"),
    ],
)
def test_identify_tells_the_language(language, text):
    assert identify(text) == language
