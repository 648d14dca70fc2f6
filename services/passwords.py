"""Is this password right, is it good enough, and how is it kept? argon2id; nothing here knows an account.

Hashing is slow on purpose (three passes over 64 MiB), so it is never done inside a transaction, and only two
run at once in a process: a flood of sign-ins waits instead of eating the memory.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from threading import BoundedSemaphore

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

from vocabulary.errors import Unavailable
from vocabulary.messages import Message, plural_message

SHORTEST = 12
LONGEST = 200
AT_ONCE = 2
LONGEST_WAIT = 15.0
"""Seconds that a hash waits for its turn before the service says that it is busy."""

_HASHER = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4, hash_len=32, type=Type.ID)
_turns = BoundedSemaphore(AT_ONCE)
_LIST = Path(__file__).with_name("common_passwords.txt")
_LOOKALIKES = str.maketrans({"@": "a", "4": "a", "3": "e", "1": "i", "!": "i", "0": "o", "$": "s", "5": "s"})
_ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "йцукенгшщзхъ")
_AROUND = re.compile(r"^[\W\d_]+|[\W\d_]+$")


def hash_password(password: str) -> str:
    """The text to store for a password."""
    with _turn():
        return _HASHER.hash(_same_signs(password))


def is_right(stored: str | None, password: str) -> bool:
    """Does the password fit what is stored? Works as long for None (no such account) as for an account."""
    with _turn():
        try:
            _HASHER.verify(stored or _nobody(), _same_signs(password)[:LONGEST])
        except (VerificationError, InvalidHashError):
            return False
    return stored is not None


def needs_new_hash(stored: str) -> bool:
    """Was this hash made with other costs than today's?"""
    return _HASHER.check_needs_rehash(stored)


def faults_of(password: str, *, about: Iterable[str] = ()) -> list[Message]:
    """What speaks against a new password; `about` holds the person's name and address."""
    plain = _same_signs(password)
    if len(plain) < SHORTEST:
        return [
            plural_message(
                "Use at least {n} character; a few words in a row are easy to keep.",
                "Use at least {n} characters; a few words in a row are easy to keep.",
                SHORTEST,
            )
        ]
    if len(plain) > LONGEST:
        return [plural_message("Use at most {n} character.", "Use at most {n} characters.", LONGEST)]
    if is_common(plain):
        return [
            Message("Others use this password, or one much like it, so it is easy to guess. Use another.")
        ]
    if _is_about(plain, about):
        return [Message("Leave your name and address out of the password.")]
    return []


def is_common(password: str) -> bool:
    """Is it on the list of leaked passwords, as it is or under a thin disguise, or hardly any signs at all?

    Disguises: capitals, digits and signs around it, look-alikes (p@ssw0rd), several listed ones in a row,
    one piece repeated, a run of the alphabet or keyboard.
    """
    folded = password.casefold()
    if len(set(folded)) < 5 or _is_repeated(folded) or _is_run(folded):
        return True
    bare = _AROUND.sub("", folded)
    forms = {folded, bare, folded.translate(_LOOKALIKES), bare.translate(_LOOKALIKES)}
    forms |= {_AROUND.sub("", form) for form in forms}
    return any(_is_made_of_listed(form) for form in forms)


def _is_made_of_listed(form: str) -> bool:
    """Nothing left, listed, or two or three listed ones in a row: passwordpassword, iloveyou123456."""
    listed = _common()
    ends = {0}
    for _ in range(3):
        ends = {end for start in ends for end in range(start + 4, len(form) + 1) if form[start:end] in listed}
        if len(form) in ends:
            return True
    return not form


def _is_repeated(text: str) -> bool:
    return text in (text + text)[1:-1]


def _is_run(text: str) -> bool:
    """Most of it runs along the alphabet, the digits or a keyboard row."""
    steps = [text[i : i + 2] for i in range(len(text) - 1)]
    along = {row[i : i + 2] for row in _ROWS for i in range(len(row) - 1)}
    return sum(step in along or step[::-1] in along or step[0] == step[1] for step in steps) >= 0.8 * len(
        steps
    )


def _is_about(password: str, about: Iterable[str]) -> bool:
    """Does a word of the name or the address make up a third of it or more?"""
    folded = password.casefold()
    words = {word for text in about for word in re.split(r"[\W_]+", text.casefold()) if len(word) >= 4}
    return any(word in folded and len(word) * 3 >= len(folded) for word in words)


def _same_signs(password: str) -> str:
    """The same letters in one form, whatever keyboard or system they came from (NFKC)."""
    return unicodedata.normalize("NFKC", password)


@cache
def _common() -> frozenset[str]:
    lines = _LIST.read_text(encoding="utf-8").splitlines()
    return frozenset(line for line in lines if line and not line.startswith("# "))


@cache
def _nobody() -> str:
    """A hash that no password fits, of the same cost, for addresses without an account."""
    return _HASHER.hash("\x00 nobody's password \x00")


@contextmanager
def _turn() -> Iterator[None]:
    if not _turns.acquire(timeout=LONGEST_WAIT):
        raise Unavailable(Message("Many people sign in at the moment. Try again in a few seconds."))
    try:
        yield
    finally:
        _turns.release()
