"""matching/tables.py: tables over arrays read like the tuples and dictionaries they were made from."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import tables
from matching.tables import Numbers, Rows, pack_groups, pack_labels, pack_names

TEXTS = st.text(st.characters(), max_size=6)


@given(st.lists(TEXTS, unique=True, max_size=30), TEXTS)
def test_names_read_and_find_as_a_tuple(texts, other):
    names = pack_names(texts)

    assert (list(names), len(names), [names[at] for at in range(len(names))]) == (texts, len(texts), texts)
    assert [names.find(text) for text in texts] == list(range(len(texts)))
    assert names.find(other) == (texts.index(other) if other in texts else -1)
    assert names[1:-1] == tuple(texts[1:-1])


@given(st.dictionaries(TEXTS, st.integers(-(2**60), 2**60), max_size=20), TEXTS)
def test_numbers_read_as_a_dictionary(given_, other):
    numbers = Numbers(pack_names(given_), np.array(list(given_.values()), dtype=np.int64))

    assert dict(numbers) == given_
    assert (numbers.get(other), numbers.get(other, 7)) == (given_.get(other), given_.get(other, 7))
    assert (other in numbers, 3 in numbers) == (other in given_, False)


@given(st.dictionaries(TEXTS, st.lists(st.integers(0, 9), max_size=4), max_size=10))
def test_groups_read_as_a_dictionary(given_):
    groups = pack_groups({name: np.array(rows, dtype=np.intp) for name, rows in given_.items()})

    assert {name: rows.tolist() for name, rows in groups.items()} == given_


@given(st.lists(st.one_of(st.none(), TEXTS), max_size=20))
def test_labels_read_as_a_tuple(given_):
    assert list(pack_labels(given_)) == given_


@given(st.lists(st.text(st.characters(exclude_characters="\0"), min_size=1, max_size=5), unique=True), TEXTS)
def test_rows_are_found_by_id(given_, other):
    ids = sorted(given_)
    rows = Rows(np.array(ids, dtype=np.str_))

    assert dict(rows) == {name: row for row, name in enumerate(ids)}
    assert rows.get(other + "longer than any") is None
    with pytest.raises(KeyError):
        rows[""]


def test_lazy_sequence_has_an_end():
    names = pack_names(["a", "b"])

    assert names[-1] == "b"
    for outside in (2, -3):
        with pytest.raises(IndexError):
            names[outside]


def test_names_forget_what_was_asked_for_in_time(monkeypatch):
    monkeypatch.setattr(tables, "_MOST_REMEMBERED", 3)
    names = pack_names([str(number) for number in range(10)])

    found = [names.find(str(number)) for number in range(12)]

    assert found == [*range(10), -1, -1]
    assert len(names._found) <= 3


def test_tables_go_to_another_process():
    copy = pickle.loads(pickle.dumps(pack_names(["a", "b"])))  # noqa: S301 our own bytes

    assert (list(copy), copy.find("b")) == (["a", "b"], 1)
