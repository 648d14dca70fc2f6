"""Which concepts of the glossary do two entries share, in whatever languages they are written?

They are shown and marked beside the shared words, which two texts in different languages hardly have. Knows
no score: nothing here counts.
"""

from __future__ import annotations

from dataclasses import dataclass

from matching.facts import EntryFacts
from matching.glossary import shared_concepts, shipped_glossary

MOST_IDEAS = 24
_READ = ("title", "summary", "need", "activities", "results", "conditions")


@dataclass(frozen=True, slots=True)
class SharedIdea:
    """A concept under its name in the reader's language, and how either text writes it."""

    name: str
    here: tuple[str, ...]
    there: tuple[str, ...]


def shared_ideas(here: EntryFacts, there: EntryFacts, language: str) -> tuple[SharedIdea, ...]:
    """The concepts that both name, in the order in which the first names them."""
    concepts = shipped_glossary().concepts
    found = shared_concepts((_text(here), here.language), (_text(there), there.language))
    return tuple(
        SharedIdea(concepts[one.id].label(language), one.here, one.there) for one in found[:MOST_IDEAS]
    )


def _text(facts: EntryFacts) -> str:
    """Passages apart by an empty line, which no term goes across."""
    return "\n\n".join(passage for name in _READ for passage in facts.texts.get(name, ()))
