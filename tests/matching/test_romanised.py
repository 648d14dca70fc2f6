"""matching/romanised.py: names in two scripts, by their sound; and what `matching.names` makes of them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.names import Why, name_likeness, person_likeness, plain_name, similar_names
from matching.romanised import SURE_BY_SOUND, likeness_by_sound, script_of

PAIRS = [
    ("Иванов", "Ivanov"),
    ("Юрий Гагарин", "Jurij Gagarin"),
    ("Наталья Ширшова", "Natalia Shirshova"),
    ("Евгений Щербаков", "Yevgeny Shcherbakov"),
    ("Екатерина Жукова", "Ekaterina Zhukova"),
    ("Михаил Горбачёв", "Michail Gorbatschow"),
    ("张伟", "Wei Zhang"),
    ("王小明", "Xiaoming Wang"),
    ("吕思勉", "Lü Simian"),
    ("李娜", "Li Na"),
    ("محمد عبد الله", "Mohammed Abdullah"),
    ("محمد عبد الله", "Muhammad Abdallah"),
    ("عبد الرحمن السيد", "Abdel Rahman El Sayed"),
    ("فاطمة الزهراء", "Fatima Zahra"),
    ("حسين علي", "Хусейн Али"),
    ("Γιώργος Σεφέρης", "Giorgos Seferis"),
    ("ნინო ბურჯანაძე", "Nino Burjanadze"),
    ("राम कुमार", "Ram Kumar"),
]
NAMES = st.text(st.sampled_from("abcdeijklmnorstuyz -абвгджиклмнорстуяعبدلمحنيو王张伟明小"), max_size=24)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_a_name_in_another_script_is_heard_as_the_same(one, other):
    [found] = similar_names(one, {"key": (other,)})

    assert (found.key, found.why, found.name) == ("key", Why.SCRIPT, other)
    assert SURE_BY_SOUND <= found.score <= 0.95


def test_no_name_is_heard_as_another_persons():
    mistaken = [
        (one, other)
        for at, (one, _) in enumerate(PAIRS)
        for there, (_, other) in enumerate(PAIRS)
        if at != there and {at, there} != {10, 11} and name_likeness(one, other) >= SURE_BY_SOUND
    ]

    assert mistaken == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("王伟", "Wang Fei"),
        ("Ли", "Li"),
        ("علي", "Ali"),
        ("Иван Петров", "Ivan Petrenko"),
        ("محمد", "Mahmoud Hamdi"),
        ("中国科学院", "Chinese Academy of Sciences"),
    ],
)
def test_what_is_too_short_or_another_name_is_not_taken_for_the_same(one, other):
    assert name_likeness(one, other) < SURE_BY_SOUND


@given(NAMES, NAMES)
def test_likeness_is_the_same_from_both_sides_and_stays_within_bounds(one, other):
    there, back = (likeness_by_sound(*map(plain_name, pair)) for pair in ((one, other), (other, one)))

    assert there == back
    assert 0.0 <= there <= 0.95
    assert name_likeness(one, other) == name_likeness(other, one)
    assert person_likeness(one, other) == person_likeness(other, one)


@given(NAMES)
def test_a_name_is_itself(name):
    assert name_likeness(name, name) == person_likeness(name, name) == float(bool(plain_name(name)))


def test_likeness_by_sound_says_nothing_within_one_script():
    assert likeness_by_sound("zhang wei", "zhang wei") == 0.0


@pytest.mark.parametrize(
    ("name", "script"),
    [("Иванов I", "CYRILLIC"), ("张伟 (PhD)", "LATIN"), ("王小明", "CJK"), ("", ""), ("12 –", "")],
)
def test_script_of_is_that_of_most_letters(name, script):
    assert script_of(name) == script


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Иванов Пётр Сергеевич", "Petr Ivanov"),
        ("Maria José García López", "María García"),
        ("Anna Petrova", "Анна Ивановна Петрова"),
        ("Li Wang", "Li Wei Wang"),
    ],
)
def test_a_person_may_leave_names_out(one, other):
    assert person_likeness(one, other) > name_likeness(one, other)
    assert 0.9 <= person_likeness(one, other) <= 0.95


def test_a_person_of_another_first_name_is_another():
    assert person_likeness("María García", "Mario García Pérez") < SURE_BY_SOUND


def test_one_name_alone_is_not_a_person_of_several_names():
    assert person_likeness("García", "María García López") == name_likeness("García", "María García López")
