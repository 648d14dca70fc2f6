"""matching/meaning.py: cut into passages, centred by language, compared exactly, nearest sentences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.meaning import (
    BEST,
    GRID,
    LONGEST_PASSAGE,
    MOST_PASSAGES,
    EntryMeaning,
    Model,
    Passages,
    SubjectMeaning,
    combine_models,
    nearest_pair,
    pack_passages,
    passages_of,
    sentences_of,
)
from tests.matching.examples import make_offer, make_request

MODEL = Model("m", 8, 1.0)


def entry(language: str = "en", **texts: str | tuple[str, ...]):
    laid = {name: (text,) if isinstance(text, str) else text for name, text in texts.items()}
    return replace(make_request(), texts=laid, language=language)


def unit(rng: np.random.Generator, n: int, d: int = 8):
    return combine_models(
        rng.normal(size=(n, d)).astype(np.float32), ["en"] * n, [replace(MODEL, n_numbers=d)]
    )


def scored(subject, candidates: dict[str, np.ndarray], *, is_request: bool, language: str = "en"):
    known = {name: EntryMeaning("en", rows) for name, rows in candidates.items()}
    meaning = SubjectMeaning("v", is_request, EntryMeaning(language, subject), Passages(known))
    return dict(zip(sorted(candidates), meaning.similarities("s", sorted(candidates)).tolist(), strict=True))


def oracle(requests, offers) -> float:
    """Slow and plain: best answer to each passage of the request, mean of the best three."""
    best = sorted((max(float(a @ b) for b in offers) for a in requests), reverse=True)[:BEST]
    return round(min(max(sum(best) / len(best), 0.0), 1.0), 9)


def test_passages_put_the_title_before_the_first_text_and_leave_out_terms_and_conditions():
    facts = entry(title="Wetlands", summary="We map them.", need="Nobody knows them.", conditions="None.")

    assert [text.text for text in passages_of(facts)] == ["Wetlands\nWe map them.", "Nobody knows them."]


def test_passages_of_a_list_stay_apart_and_none_comes_twice():
    facts = entry(text=("One.", "Two.", "One.", "  "))

    assert [text.text for text in passages_of(facts)] == ["One.", "Two."]


def test_a_long_text_is_cut_between_sentences_into_about_equal_passages():
    text = " ".join(f"This is sentence number {n} of a long text." for n in range(100))

    passages = [passage.text for passage in passages_of(entry(text=text))]

    assert " ".join(passages) == text
    assert all(len(passage) <= LONGEST_PASSAGE + 50 for passage in passages)
    assert max(map(len, passages)) < 1.3 * min(map(len, passages))


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_has_no_passages_and_no_sentences(text: str):
    assert (passages_of(entry(text=text)), sentences_of(entry(text=text))) == ([], [])


@pytest.mark.parametrize(
    "text", ["word " * 1_000_000, "x" * 5_000_000, "湿地" * 1_000_000, "a. " * 1_000_000]
)
def test_five_megabytes_of_text_are_cut_quickly_and_bounded(text: str):
    facts = entry(text=text)

    assert len(passages_of(facts)) <= MOST_PASSAGES
    assert len(sentences_of(facts)) <= 4 * MOST_PASSAGES


def test_sentences_end_at_the_signs_of_every_language():
    said = "One. Two? هل هذا؟ نعم. 第一句。第二句！Конец."

    assert [text.text for text in sentences_of(entry(text=said))] == [
        "One.", "Two?", "هل هذا؟", "نعم.", "第一句。", "第二句！", "Конец.",
    ]  # fmt: skip


def test_a_key_names_the_wording_and_the_language():
    one, again, other = entry(text="Eau"), entry(text="Eau"), entry(text="Eau", language="fr")

    keys = [passages_of(facts)[0].key for facts in (one, again, other)]

    assert keys[0] == keys[1] != keys[2]


def test_centring_takes_off_what_a_language_has_in_common():
    means = {"en": np.array([1.0, 0.0], np.float32), "fr": np.array([0.0, 1.0], np.float32)}
    model = Model("m", 2, 1.0, means)
    raw = np.array([[1.0, 0.5], [0.5, 1.0]], np.float32)

    centred = combine_models(raw, ["en", "fr"], [model])

    assert centred.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_a_language_without_a_mean_has_the_mean_of_the_means_taken_off():
    means = {"en": np.array([1.0, 0.0], np.float32), "fr": np.array([0.0, 1.0], np.float32)}

    centred = combine_models(np.array([[0.5, 1.5]], np.float32), ["sw"], [Model("m", 2, 1.0, means)])

    assert centred.tolist() == [[0.0, 1.0]]


def test_two_models_weigh_as_they_should():
    raw = np.array([[1.0, 0.0, 1.0, 0.0], [1.0, 0.0, 0.0, 1.0]], np.float32)

    one, other = combine_models(raw, ["en", "en"], [Model("a", 2, 0.25), Model("b", 2, 0.75)])

    assert float(one @ other) == pytest.approx(0.25, abs=2e-3)


def test_a_text_that_is_exactly_the_mean_is_like_nothing():
    model = Model("m", 2, 1.0, {"en": np.array([1.0, 0.0], np.float32)})

    assert combine_models(np.array([[1.0, 0.0]], np.float32), ["en"], [model]).tolist() == [[0.0, 0.0]]


def test_vectors_of_another_model_are_refused():
    with pytest.raises(ValueError, match="not those of the models"):
        combine_models(np.zeros((1, 3), np.float32), ["en"], [MODEL])


@given(seed=st.integers(0, 10_000), n_passages=st.integers(1, 5), n_entries=st.integers(1, 6))
def test_likeness_is_that_of_the_slow_oracle_from_both_sides(seed: int, n_passages: int, n_entries: int):
    rng = np.random.default_rng(seed)
    subject = unit(rng, n_passages)
    others = {f"E{n}": unit(rng, int(rng.integers(1, 6))) for n in range(n_entries)}

    as_request = scored(subject, others, is_request=True)
    as_offer = scored(subject, others, is_request=False)

    assert as_request == {name: oracle(subject, rows) for name, rows in others.items()}
    assert as_offer == {name: oracle(rows, subject) for name, rows in others.items()}


@given(seed=st.integers(0, 10_000))
def test_likeness_does_not_depend_on_which_other_entries_are_there(seed: int):
    rng = np.random.default_rng(seed)
    subject = unit(rng, 3, 896)
    others = {f"E{n}": unit(rng, int(rng.integers(1, 4)), 896) for n in range(8)}

    together = scored(subject, others, is_request=True)
    alone = {name: scored(subject, {name: rows}, is_request=True)[name] for name, rows in others.items()}

    assert together == alone


def test_numbers_stand_on_the_grid_so_that_sums_are_exact():
    rows = unit(np.random.default_rng(1), 50, 896)

    assert np.array_equal(rows * GRID, np.round(rows * GRID))
    assert np.array_equal(
        (rows @ rows.T).astype(np.float64), rows.astype(np.float64) @ rows.T.astype(np.float64)
    )


def test_what_is_not_known_is_not_compared():
    rng = np.random.default_rng(3)
    known = Passages({"B": EntryMeaning("fr", unit(rng, 2))})
    meaning = SubjectMeaning("v", True, EntryMeaning("en", unit(rng, 1)), known)
    nothing = SubjectMeaning("v", True, None, known)

    assert np.isnan(meaning.similarities("s", ["A", "B", "C"])).tolist() == [True, False, True]
    assert meaning.shares_language(["A", "B", "C"]).tolist() == [True, False, True]
    assert np.isnan(nothing.similarities("s", ["A", "B"])).tolist() == [True, True]
    assert np.isnan(replace(meaning, candidates=Passages({})).similarities("s", ["A"])).tolist() == [True]


def test_changes_come_in_and_go_out():
    rng = np.random.default_rng(4)
    first_known = {"A": EntryMeaning("en", unit(rng, 2)), "B": EntryMeaning("en", unit(rng, 1))}
    changes = {"C": EntryMeaning("ru", unit(rng, 3)), "A": EntryMeaning("fr", unit(rng, 1))}
    first = Passages(first_known)

    changed = first.with_changes(changes, ["B"])

    again = Passages({}, pack_passages(first_known)).with_changes(changes, ["B"])
    for passages in (changed, again):
        [(block, rows)] = passages.rows(["A", "B", "C"])
        assert (len(first), len(passages), rows.tolist()) == (2, 2, [0, -1, 1])
        assert (block.languages.tolist(), np.diff(block.starts).tolist()) == (["fr", "ru"], [1, 3])


def test_nearest_pair_names_the_two_sentences_or_nothing():
    rows = np.eye(3, dtype=np.float32)

    assert nearest_pair(rows[[0, 1]], rows[[2, 1]]) == (1, 1)
    assert nearest_pair(rows[:0], rows) is None
    assert nearest_pair(rows, rows[:0]) is None


def test_offers_are_cut_like_requests():
    assert passages_of(make_offer(text="soil"))[0].text.endswith("soil")
