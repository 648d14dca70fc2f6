"""Passwords: what is refused, what is stored, how long it takes, how many hashes run at once."""

from __future__ import annotations

import threading
import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from services import passwords
from services.passwords import faults_of, hash_password, is_common, is_right, needs_new_hash
from tests.signing_in import PASSWORD, password_hash


@pytest.mark.parametrize(
    "password",
    [
        "password1234", "P@ssw0rd2024!", "iloveyou123456", "qwertyuiopas", "abcdefghijklm", "123412341234",
        "aaaaaaaaaaaa", "ababababababab", "passwordpassword", "monkeydragon12", "1qaz2wsx3edc",
        "QWERTY123456!!", "111111111111", "987654321098", "Letmein2026!!", "йцукенгшщзхъ", "!!!!dragon!!!!",
        "qwertyqwerty",
    ],
)  # fmt: skip
def test_common_password_is_refused_under_any_thin_disguise(password: str) -> None:
    assert is_common(password) is True


@pytest.mark.parametrize(
    "password",
    [
        "Zebra-Kante-9-Fluss",
        "correct horse battery staple",
        "пароль-длинный-река",
        "我们在河边的山上看见两只白鹤飞过",
        "kV7#mQ2!xT9z",
    ],
)
def test_good_password_is_taken(password: str) -> None:
    assert faults_of(password, about=("Amina Example", "amina@people.example")) == []


@pytest.mark.parametrize(
    ("password", "word"),
    [
        ("Short-9-Kant", None),
        ("Short-9-Kan", "12"),
        ("x" * 3 + "-kante9Fluss" * 17, "200"),
        ("amina-savannah", "name"),
    ],
)
def test_length_and_own_name_are_checked(password: str, word: str | None) -> None:
    faults = faults_of(password, about=("Amina Savannah", "a.savannah@people.example"))

    assert [word in fault for fault in faults] == ([True] if word else [])


def test_stored_hash_has_the_promised_costs() -> None:
    costs = extract_parameters(password_hash())

    assert (costs.type.name, costs.time_cost, costs.memory_cost, costs.parallelism) == ("ID", 3, 65536, 4)


def test_only_the_right_password_fits() -> None:
    stored = password_hash()

    assert [is_right(stored, text) for text in (PASSWORD, PASSWORD + " ", PASSWORD.lower(), "")] == [
        True, False, False, False,
    ]  # fmt: skip
    assert is_right(None, PASSWORD) is False


def test_same_letters_in_another_form_fit() -> None:
    stored = hash_password("Café-Zebra-9-Fluss")

    assert is_right(stored, "Café-Zebra-9-Fluss") is True


def test_hash_of_older_costs_is_renewed() -> None:
    old = PasswordHasher(time_cost=2, memory_cost=19456, parallelism=1).hash(PASSWORD)

    assert (needs_new_hash(old), needs_new_hash(password_hash()), is_right(old, PASSWORD)) == (
        True,
        False,
        True,
    )


def test_unknown_account_costs_as_much_work() -> None:
    def seconds(stored: str | None) -> float:
        best = []
        for _ in range(5):
            begun = time.perf_counter()
            is_right(stored, "Wrong-Zebra-9-Fluss")
            best.append(time.perf_counter() - begun)
        return min(best)

    is_right(None, "x")  # the hash for nobody is made once
    known, unknown = seconds(password_hash()), seconds(None)

    assert 0.5 < known / unknown < 2


def test_two_hashes_at_most_run_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    running, most, lock = [0], [0], threading.Lock()
    real = passwords._HASHER

    class Counting:
        """The real hasher, counted."""

        def hash(self, password: str) -> str:
            with lock:
                running[0] += 1
                most[0] = max(most[0], running[0])
            done = real.hash(password)
            with lock:
                running[0] -= 1
            return done

    monkeypatch.setattr(passwords, "_HASHER", Counting())
    threads = [threading.Thread(target=hash_password, args=(PASSWORD,)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert most == [2]
