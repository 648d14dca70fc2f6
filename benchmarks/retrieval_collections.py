"""What do the test collections hold? Texts, questions and what people judged to answer them.

Reads the classic collections in SMART form (Cranfield, MEDLARS, CISI: any folder that holds one file of
texts, one of questions and one of judgments) and questions on paragraphs in SQuAD form (XQuAD). Knows
nothing of rankers.
"""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

_MARK = re.compile(r"^\.([A-Z])(?:\s+(\d+))?\s*$")
_LEAST_GRADE, _MOST_GRADE = 1, 4
"""Cranfield's grades of what is relevant; -1 and 5 say that it is not."""


@dataclass(frozen=True, slots=True)
class Collection:
    """Texts and questions of one language, and which texts answer which question.

    `relevant` holds question to text to gain, above 0. Questions without any relevant text are left out.
    """

    name: str
    language: str
    texts: Mapping[str, str]
    questions: Mapping[str, str]
    relevant: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def read_collections(folder: Path) -> list[Collection]:
    """Every collection in the folders below `folder`, by name; folders of another form are passed over."""
    found: list[Collection] = []
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        squad = sorted(below.glob("*.json"))
        if squad:
            found += [read_squad(path) for path in squad]
        elif _file(below, "qrel", "rel") is not None:
            found.append(read_smart(below))
    return found


def read_smart(folder: Path) -> Collection:
    """A classic collection. Questions are numbered by their place where its judgments are."""
    texts = _records(_wanted(folder, "all"))
    questions = _records(_wanted(folder, "qry", "query"))
    judged = _judgments(_wanted(folder, "qrel", "rel"))
    by_place = "cran" in folder.name.lower()  # its questions carry other numbers than its judgments
    numbered = {str(at) if by_place else number: text for at, (number, text) in enumerate(questions, start=1)}
    known = {number for number, _ in texts}
    relevant = {
        question: {text: gain for text, gain in found.items() if text in known}
        for question, found in judged.items()
        if question in numbered
    }
    relevant = {question: found for question, found in relevant.items() if found}
    return Collection(folder.name, "en", dict(texts), {q: numbered[q] for q in relevant}, relevant)


def read_authors(folder: Path) -> Iterator[tuple[str, str, list[str]]]:
    """Number, text and authors of each record of a classic collection; none where it has no such file."""
    path = _file(folder, "all")
    if path is None:
        return
    names = {number: fields.get("A", []) for number, fields in _fields(path.read_text(encoding="latin-1"))}
    for number, text in _records(path):
        yield number, text, [name for line in names[number] for name in _author_names(line)]


def _author_names(line: str) -> list[str]:
    """The names in one line: "ashley,h. and zartarian,g." are two."""
    found = (re.sub(r"\s+", "", name.lower()) for name in re.split(r"\s+and\s+|;", line))
    return [name for name in found if name]


def read_squad(path: Path) -> Collection:
    """Questions to paragraphs: the paragraph a question was written on is the one that answers it."""
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    texts: dict[str, str] = {}
    questions: dict[str, str] = {}
    relevant: dict[str, dict[str, float]] = {}
    for article, paragraphs in enumerate(data):
        for place, paragraph in enumerate(paragraphs["paragraphs"]):
            name = f"{article:03}-{place:02}"
            texts[name] = paragraph["context"]
            for number, asked in enumerate(paragraph["qas"]):
                questions[f"{name}-{number:02}"] = asked["question"]
                relevant[f"{name}-{number:02}"] = {name: 1.0}
    language = path.stem.rpartition(".")[2]
    return Collection(path.stem, language, texts, questions, relevant)


def _file(folder: Path, *endings: str) -> Path | None:
    """The file whose name holds one of the words, the first in the order of the alphabet."""
    return next(
        (path for word in endings for path in sorted(folder.iterdir()) if word in path.name.lower()), None
    )


def _wanted(folder: Path, *endings: str) -> Path:
    path = _file(folder, *endings)
    if path is None:
        raise FileNotFoundError(f"{folder}: no file with {' or '.join(endings)} in its name")
    return path


def _records(path: Path) -> list[tuple[str, str]]:
    """Number and text (title and body, a title that stands again in the body once) of each record."""
    records: list[tuple[str, str]] = []
    for number, fields in _fields(path.read_text(encoding="latin-1")):
        title, body = (" ".join(" ".join(fields.get(mark, [])).split()) for mark in "TW")
        records.append((number, body if body.startswith(title) else f"{title}. {body}"))
    return records


def _fields(text: str) -> Iterator[tuple[str, dict[str, list[str]]]]:
    number, mark, fields = "", "", defaultdict[str, list[str]](list)
    for line in text.splitlines():
        found = _MARK.match(line)
        if found and found[1] == "I":
            if number:
                yield number, fields
            number, mark, fields = str(int(found[2])), "", defaultdict(list)
        elif found:
            mark = found[1]
        elif mark:
            fields[mark].append(line)
    if number:
        yield number, fields


def _judgments(path: Path) -> dict[str, dict[str, float]]:
    judged: defaultdict[str, dict[str, float]] = defaultdict(dict)
    graded = "cran" in path.name.lower()
    is_trec = path.name.lower().startswith("med")
    for line in path.read_text(encoding="latin-1").splitlines():
        columns = line.split()
        if len(columns) < 2:
            continue
        question, text = columns[0], columns[2] if is_trec else columns[1]
        grade = int(columns[2]) if graded and len(columns) > 2 else _LEAST_GRADE
        if _LEAST_GRADE <= grade <= _MOST_GRADE:
            judged[question][text] = 1.0
    return dict(judged)
