"""docs/matching.md: its worked example, recomputed by hand, and the engine's answer to it."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path

import pytest

from matching.gates import BLOCKER_CODES
from matching.index import fit_index
from matching.rank import rank
from matching.settings import DEFAULT_SETTINGS
from tests.matching.examples import PLACES, make_offer, make_request
from vocabulary.states import EntryKind

DOCS = (Path(__file__).parents[2] / "docs" / "matching.md").read_text(encoding="utf-8")

# Token to tf: 2 for each time in the title, 1 for each time in the summary.
REQUEST = {"wetland": 3, "train": 2, "map": 1}
OFFERS = {
    "A": {"wetland": 2, "train": 3, "manag": 1},
    "B": {"wetland": 2, "data": 2},
    "C": {"forest": 2, "train": 2},
}


MEAN_LENGTH = (6 + 4 + 4) / 3


def row(counts):
    """Token to the figures of its line: n(t), idf, tf, tf / (tf + K), q, w, q x w."""
    figures = {}
    hunger = 1.2 * (0.25 + 0.75 * sum(counts.values()) / MEAN_LENGTH)
    for token, tf in counts.items():
        n = sum(token in offer for offer in OFFERS.values())
        idf, sated = log(4 / (1 + n)) + 1, tf / (tf + hunger)
        asks, answers = (1 + log(tf)) * idf, sated * idf
        figures[token] = [n, idf, tf, sated, asks, answers, asks * answers]
    return figures


def size(counts):
    return sqrt(sum(figures[4] ** 2 for figures in row(counts).values()))


def itself(counts):
    return sum(figures[6] for figures in row(counts).values()) / size(counts)


def divisor(counts):
    """What every product of the pair is divided by."""
    return size(REQUEST) * sqrt(itself(REQUEST) * itself(counts))


def text_part(counts):
    ours, theirs = row(REQUEST), row(counts)
    return {token: ours[token][4] * theirs[token][5] / divisor(counts) for token in ours if token in theirs}


def entries():
    request = make_request(
        "R",
        texts={"title": ("Wetland training",), "summary": ("Wetland mapping",)},
        support={"training", "mentoring"},
        essential_support={"training"},
        countries={"KEN"},
    )
    offers = [
        make_offer(
            "A",
            texts={"title": ("Wetland training",), "summary": ("Training managers",)},
            support={"training", "hosting"},
            scopes={"developing_countries"},
        ),
        make_offer("B", texts={"title": ("Wetland data",)}, support={"data_access"}, countries={"KEN"}),
        make_offer("C", texts={"title": ("Forest training",)}, support={"training"}),
    ]
    return request, offers


def scores():
    """Offer to text, support, place and score, by hand."""
    found = {}
    for offer, place in {"A": 0.8, "C": 0.0}.items():
        text = sum(text_part(OFFERS[offer]).values())
        found[offer] = [text, 2 / 3, place, (0.40 * text + 0.20 * 2 / 3 + 0.10 * place) / 0.70]
    return found


def test_docs_print_the_vectors():
    for counts in (REQUEST, OFFERS["A"]):
        for token, (n, idf, tf, sated, asks, answers, product) in row(counts).items():
            line = (
                f"| {token} | {n} | {idf:.4f} | {tf} | {sated:.4f} | {asks:.4f} | {answers:.4f}"
                f" | {product:.4f} |"
            )
            assert line in DOCS


def test_docs_print_the_shares():
    ours, theirs, shares = row(REQUEST), row(OFFERS["A"]), text_part(OFFERS["A"])
    below = divisor(OFFERS["A"])
    shown = [
        f"{name} {ours[token][4]:.4f} × {theirs[token][5]:.4f} / {below:.4f} = {shares[token]:.4f}"
        for token, name in {"wetland": "Wetland", "train": "training"}.items()
    ]

    assert f"Shares: {', '.join(shown)}; text = {sum(shares.values()):.4f}." in DOCS


def test_docs_print_the_scores():
    for offer, figures in scores().items():
        assert f"| {offer} | {' | '.join(f'{figure:.4f}' for figure in figures)} |" in DOCS


def test_engine_answers_as_the_docs_say():
    request, offers = entries()

    ranking = rank(request, fit_index(offers, EntryKind.OFFER), places=PLACES, include_blocked=True)

    found = {
        match.id: [match.parts["text"], match.parts["support"], match.parts["place"], match.score]
        for match in ranking.matches
    }
    assert list(found) == ["A", "C"]
    for offer, figures in scores().items():
        assert found[offer] == pytest.approx(figures, abs=1e-8)
    assert [str(match.blockers[0].message) for match in ranking.blocked] == [
        "The request asks for mentoring and training; the offer gives data access."
    ]


def test_docs_print_every_weight():
    for part, weight in DEFAULT_SETTINGS.part_weights.items():
        line = next(line for line in DOCS.splitlines() if line.startswith(f"| `{part}` |"))
        assert line.endswith(f"| {weight:.2f} |")


def test_docs_name_every_blocker():
    assert [code for code in BLOCKER_CODES if f"`{code}`" not in DOCS] == []
