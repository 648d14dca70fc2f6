"""Does the engine know whose work a text is? The nearest thing here to reviewers who rate papers.

    .venv/bin/python -m benchmarks.authors FOLDER [--meaning] [--every N]

FOLDER holds classic collections in SMART form whose records name their authors (Cranfield, CISI). An author
with at least three texts stands for a reviewer whose texts are known. One text of an author with four or more
is taken away and asked about: how high does its author stand, known by the others? Texts with two authors
count for neither when they are asked about. Prints, beside the plain TF-IDF of scikit-learn over all of
an author's texts as one and over each of them (mean of the three best):

    first    mean of 1 / place of the author
    above    share of the other authors who stand below

`--meaning` encodes every text twice, which takes minutes; `--every` asks about every Nth text only.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from typing import TypeAlias

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer

from benchmarks.retrieval_collections import read_authors
from encoders.installed import encoder
from matching.facts import EntryFacts
from matching.index import fit_index
from matching.meaning import EntryMeaning, Passages, SubjectMeaning, Text
from matching.rank import rank
from vocabulary.states import EntryKind

FEWEST_TEXTS, FEWEST_LETTERS, BEST = 3, 80, 3
Scores: TypeAlias = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Asked:
    """A text, whose it is, and what every author is known by without it."""

    number: str
    author: str
    known_by: Mapping[str, Sequence[str]]


def known_authors(folder: Path) -> tuple[dict[str, str], dict[str, list[str]]]:
    """Number to text, and author to the numbers of their texts; authors with too few are left out."""
    texts: dict[str, str] = {}
    numbers: defaultdict[str, list[str]] = defaultdict(list)
    for number, text, authors in read_authors(folder):
        if len(text) <= FEWEST_LETTERS:
            continue
        texts[number] = text
        for author in authors:
            numbers[author].append(number)
    return texts, {author: found for author, found in numbers.items() if len(found) >= FEWEST_TEXTS}


def asked_of(authors: Mapping[str, Sequence[str]]) -> list[Asked]:
    """Every text that can be asked about, in the order of authors."""
    return [
        Asked(
            number,
            author,
            {
                other: [one for one in theirs if one != number]
                for other, theirs in authors.items()
                if other == author or number not in theirs
            },
        )
        for author, numbers in sorted(authors.items())
        if len(numbers) > FEWEST_TEXTS
        for number in numbers
    ]


def by_sklearn(texts: Mapping[str, str], *, as_one: bool) -> Callable[[Asked], Scores]:
    """Cosine of TfidfVectorizer() as it comes with an author's texts as one, or with the three nearest."""
    made = TfidfVectorizer().fit(texts.values())
    rows = {number: made.transform([text]) for number, text in texts.items()}

    def scores(asked: Asked) -> Scores:
        found = {}
        for author, numbers in asked.known_by.items():
            if as_one:
                theirs = made.transform([" ".join(texts[number] for number in numbers)])
                found[author] = float((rows[asked.number] @ theirs.T).sum())
            else:
                each = sorted(float((rows[asked.number] @ rows[number].T).sum()) for number in numbers)
                found[author] = fmean(each[-BEST:])
        return found

    return scores


def by_rank(
    texts: Mapping[str, str],
    authors: Mapping[str, Sequence[str]],
    meaning: Callable[[Asked], SubjectMeaning] | None = None,
) -> Callable[[Asked], Scores]:
    """The engine: an author is an offer with several texts, the text asked about a request."""

    def offer(author: str, numbers: Sequence[str]) -> EntryFacts:
        return EntryFacts(author, EntryKind.OFFER, {"text": tuple(texts[one] for one in numbers)}, "en")

    index = fit_index([offer(*one) for one in authors.items()], EntryKind.OFFER)

    def scores(asked: Asked) -> Scores:
        request = EntryFacts("asked", EntryKind.REQUEST, {"text": (texts[asked.number],)}, "en")
        known = index.with_changes(
            [offer(asked.author, asked.known_by[asked.author])],
            removed=authors.keys() - asked.known_by.keys(),
        )
        how = meaning(asked) if meaning else None
        found = rank(request, known, top=len(authors), meaning=how).matches
        return dict.fromkeys(asked.known_by, 0.0) | {match.id: match.score for match in found}

    return scores


def encoded(texts: Mapping[str, str]) -> Callable[[Asked], SubjectMeaning] | None:
    """What `rank` takes of the installed models; None where there are none."""
    made = encoder()
    if made is None:
        return None
    pieces = [Text(text, "en") for text in texts.values()]
    sides = {
        kind: dict(zip(texts, made.centred(made.encode([*texts.values()], kind), pieces, kind), strict=True))
        for kind in (EntryKind.REQUEST, EntryKind.OFFER)
    }

    def meaning(asked: Asked) -> SubjectMeaning:
        subject = EntryMeaning("en", sides[EntryKind.REQUEST][asked.number][None, :])
        theirs = {
            author: EntryMeaning("en", np.stack([sides[EntryKind.OFFER][one] for one in numbers]))
            for author, numbers in asked.known_by.items()
        }
        return SubjectMeaning(made.version, True, subject, Passages(theirs))

    return meaning


def figures(questions: Sequence[Asked], scores: Callable[[Asked], Scores]) -> tuple[float, float]:
    """Mean of 1 / place, and mean share of the others who stand below; equals stand above."""
    first, above = [], []
    for asked in questions:
        found = scores(asked)
        place = sum(score >= found[asked.author] for score in found.values())
        first.append(1 / place)
        above.append(1 - (place - 1) / (len(found) - 1))
    return fmean(first), fmean(above)


def main() -> None:
    """Print a table for each collection."""
    reader = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    reader.add_argument("folder", type=Path)
    reader.add_argument("--meaning", action="store_true", help="with sentence vectors too")
    reader.add_argument("--every", type=int, default=1, help="ask about every Nth text")
    options = reader.parse_args()
    for folder in sorted(path for path in options.folder.iterdir() if path.is_dir()):
        texts, authors = known_authors(folder)
        questions = asked_of(authors)[:: options.every]
        if not questions:
            continue
        kept = {number: texts[number] for numbers in authors.values() for number in numbers}
        rankers = {
            "scikit-learn, all texts as one": by_sklearn(kept, as_one=True),
            "scikit-learn, three nearest texts": by_sklearn(kept, as_one=False),
            "ours, words alone": by_rank(kept, authors),
        }
        meaning = encoded(kept) if options.meaning else None
        if meaning is not None:
            rankers["ours, words and meaning"] = by_rank(kept, authors, meaning)
        print(f"\n{folder.name}: {len(authors)} authors, {len(kept)} texts, {len(questions)} asked about")
        print(f"{'':<36}{'first':>9}{'above':>9}")
        for name, scores in rankers.items():
            print(f"{name:<36}" + "".join(f"{figure:9.3f}" for figure in figures(questions, scores)))


if __name__ == "__main__":
    main()
