"""Where do the mean vectors of the six languages come from? Run this to make them anew.

    python -m benchmarks.language_means

The same passages in six languages, so that what they are about cancels out and the language remains: plain
ones on everyday knowledge (benchmarks/data/plain_passages.json) and the texts of the demonstration world.
Both count alike. Writes matching/data/language_means.json.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from encoders.installed import E5, MEANS, Encoder
from seed.demo.library import DATA, LANGUAGES
from vocabulary.states import EntryKind

PLAIN = Path(__file__).resolve().parent / "data" / "plain_passages.json"
SLOTS = {"{in}": "", "{place}": "", "{n}": "12", "{m}": "18", "{area}": "Merrowa"}
DIGITS = 5


def main() -> None:
    """Make the file."""
    encoder = Encoder([E5])
    means: dict[str, dict[str, list[float]]] = {}
    for kind in EntryKind:
        means[kind.value] = {}
        for language in LANGUAGES:
            halves = [
                encoder.encode(texts, kind).astype(np.float64).mean(axis=0)
                for texts in (plain(language), demonstration(language))
            ]
            means[kind.value][language] = np.round(np.mean(halves, axis=0), DIGITS).tolist()
            print(
                f"{kind.value} {language}: {len(plain(language))} + {len(demonstration(language))} passages"
            )
    about = "Mean vector of each language; made by benchmarks/language_means.py from passages of our own."
    made = {"about": about, "made_with": encoder.version, "models": {E5.name: means}}
    MEANS.write_text(json.dumps(made, separators=(",", ":")) + "\n", encoding="utf-8")
    print(f"{MEANS.name}: {MEANS.stat().st_size:,} bytes")


def plain(language: str) -> list[str]:
    """The plain passages in one language."""
    return [passage[language] for passage in json.loads(PLAIN.read_text(encoding="utf-8"))["passages"]]


def demonstration(language: str) -> list[str]:
    """The texts of the demonstration world as passages, without their slots."""
    themes = _read("themes", language)
    pieces = [themes[code][names] for code in sorted(themes) for names in ("s", "n", "a", "r", "o")]
    common = _read("common", language)
    pieces += [common[name] for name in sorted(common) if isinstance(common[name], list)]
    space = "" if language == "zh" else " "
    return [space.join(_filled(sentence) for sentence in _sentences(piece)) for piece in pieces]


def _read(name: str, language: str) -> dict[str, dict[str, object]]:
    texts: dict[str, dict[str, object]] = json.loads(
        (DATA / "texts" / f"{name}.{language}.json").read_text(encoding="utf-8")
    )
    return texts


def _sentences(piece: object) -> Iterable[str]:
    if isinstance(piece, str):
        yield piece
    elif isinstance(piece, list):
        for part in piece:
            yield from _sentences(part)


def _filled(sentence: str) -> str:
    for slot, word in SLOTS.items():
        sentence = sentence.replace(slot, word)
    return re.sub(r" +([,.;:])", r"\1", re.sub(r"\s+", " ", sentence)).strip()


if __name__ == "__main__":
    main()
