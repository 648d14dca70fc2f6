"""vocabulary/words.py: a limit in words asks the same in every script."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vocabulary.words import count_words


@pytest.mark.parametrize(
    ("text", "n_words"),
    [
        ("", 0),
        (" \n\t – • … ", 0),
        ("one", 1),
        ("one two\u00a0three\nfour", 4),
        ("one,two;three/four", 4),
        ("l’eau d'État", 2),
        ("science-policy co\u2011operation", 2),
        ("3.5 % of USD 3000", 4),
        ("name@example.org", 1),
        ("re\u0301sume\u0301", 1),
        ("оценка экосистемных услуг", 3),
        ("تعزيزُ التعلُّمِ والمشاركة", 3),
        ("राष्ट्रीय आकलन", 2),
        ("加强学习和参与", 4),
        ("加强学习，和参与。", 4),
        ("加强 IPBES 能力", 3),
        ("アセスメントと能力", 5),
        ("การประเมิน", 3),
        ("កខគឃងច", 2),
        ("မြန်မာ", 1),
        ("一" * 3, 2),
        ("龥" * 2, 1),
        ("𠀀" * 2, 1),
        ("ぁヿ", 1),
        ("a\u200db", 1),
    ],
)
def test_count_words_counts_as_a_reader_would(text, n_words):
    assert count_words(text) == n_words


@given(st.text())
def test_count_words_never_exceeds_the_characters_and_ignores_space_around(text):
    assert 0 <= count_words(text) <= len(text)
    assert count_words(f"  {text}\n") == count_words(text)


@given(st.lists(st.text("abcé", min_size=1), max_size=20))
def test_count_words_counts_words_parted_by_spaces(words):
    assert count_words(" ".join(words)) == len(words)
