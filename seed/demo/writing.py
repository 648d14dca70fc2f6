"""How does an entry read? Composes its texts from the sentences of the library."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from seed.demo.library import Library, Theme

NUMBERS = ("12", "15", "16", "18", "20", "25", "28", "30", "35", "40")
"""Each takes the genitive plural in Russian and the accusative singular in Arabic."""

MONTHS = ("18", "20", "30", "36")
TERSE = frozenset({"ru", "ar", "zh"})
"""Languages that say the same in fewer words; their texts get one more sentence."""

_SHORT_SUMMARY = 62
"""Words; a summary below gets another sentence. The form allows 150."""


@dataclass(frozen=True, slots=True)
class Voice:
    """Who speaks of what: language, theme, place with its preposition ("in Kenya"), an invented area.

    `place_name` is the bare name of a region, which the title of an offer shows in parentheses.
    """

    language: str
    theme: Theme
    phrase: str
    area: str
    place_name: str = ""


def n_words(text: str, language: str) -> int:
    """Words of a text; a Chinese text counts one word for each two characters."""
    return len(text) // 2 if language == "zh" else text.count(" ") + 1


def request_texts(
    rng: Random, library: Library, voice: Voice, taken: set[str], *, is_consulted: bool
) -> dict[str, str]:
    """Title, summary, need, activities and results of a request; the title is added to `taken`.

    Only where the national focal point was consulted may the summary say so.
    """
    texts, common = library.theme_texts[voice.language][voice.theme.code], library.common[voice.language]
    slots, other = _slots(rng, voice), _slots(rng, voice)
    more = voice.language in TERSE
    summary = _summary(
        rng,
        [rng.choice(options) for options in texts["s"]],
        _closings(rng, common["close"], is_consulted),
        slots,
        voice,
    )
    need = [rng.choice(options) for options in texts["n"]], rng.sample(common["need"], 2 + more)
    activities = (
        _some(rng, texts["a"], 3 + more),
        rng.sample(common["act"], rng.choice((2, 2, 3)) + more),
    )
    results = _some(rng, texts["r"], 3), rng.sample(common["res"], 2 + more)
    return {
        "title": _title(rng, texts["t"], slots, taken),
        "summary": summary,
        "need": _paragraphs(need, other, voice),
        "activities": _paragraphs(activities, other, voice),
        "results": _paragraphs(results, slots, voice),
    }


def offer_texts(
    rng: Random, library: Library, voice: Voice, taken: set[str], *, is_grant: bool = False
) -> dict[str, str]:
    """Title, summary, need (whom it is for), activities and results of an offer."""
    texts, common = library.theme_texts[voice.language][voice.theme.code], library.common[voice.language]
    heading, *said = rng.choice(library.grants[voice.language]) if is_grant else texts["o"]
    headings = (heading,) if is_grant else (_placed(heading, voice),)
    slots = _slots(rng, voice)
    how = rng.sample(common["offer_how"], 5)
    whom = rng.sample(common["offer_for"], 4)
    summary = [*said, rng.choice(common["offer_s"]), whom[0]]
    return {
        "title": _title(rng, headings, slots, taken),
        "summary": _joined(summary, slots, voice),
        "need": _joined(whom[1:], slots, voice),
        "activities": _paragraphs((how[:2], how[2:]), slots, voice),
        "results": _joined(rng.sample(common["offer_res"], 3), slots, voice),
    }


def _summary(
    rng: Random, said: Sequence[str], closings: Sequence[str], slots: Mapping[str, str], voice: Voice
) -> str:
    """What the project is, and as many closing sentences as it takes to be no mere headline."""
    sentences = list(said)
    for closing in closings:
        sentences.append(closing)
        summary = _joined(sentences, slots, voice)
        if n_words(summary, voice.language) >= _SHORT_SUMMARY:
            break
    return summary


def _closings(rng: Random, sentences: Sequence[str], is_consulted: bool) -> list[str]:
    """Closing sentences in any order, without those that would contradict another answer."""
    duration, extent, consulted = (sentences[index] for index in (0, 2, 5))
    closings = rng.sample(sentences, len(sentences))
    closings.remove(rng.choice((duration, extent)))
    if not is_consulted:
        closings.remove(consulted)
    return closings


def _title(rng: Random, options: Sequence[str], slots: Mapping[str, str], taken: set[str]) -> str:
    """One of the titles that nobody has taken yet; where all are, one with the area behind it."""
    filled = [option.format_map(slots) for option in options]
    free = [text for text in filled if text not in taken]
    chosen = rng.choice(free) if free else f"{rng.choice(filled)} – {slots['area']}"
    taken.add(chosen)
    return chosen


def _placed(heading: str, voice: Voice) -> str:
    """A heading of an offer, followed by the place it is for."""
    name = voice.place_name
    return f"{heading}（{name}）" if voice.language == "zh" else f"{heading} ({name})"


def _slots(rng: Random, voice: Voice) -> dict[str, str]:
    return {
        "in": voice.phrase,
        "place": voice.phrase,
        "area": voice.area,
        "n": rng.choice(NUMBERS),
        "m": rng.choice(MONTHS),
    }


def _some(rng: Random, options: Sequence[str], least: int) -> list[str]:
    """At least so many of the sentences, in their order."""
    n = min(len(options), rng.choice((least, least + 1)))
    return [options[index] for index in sorted(rng.sample(range(len(options)), n))]


def _joined(sentences: Sequence[str], slots: Mapping[str, str], voice: Voice) -> str:
    joint = "" if voice.language == "zh" else " "
    return joint.join(sentences).format_map(slots)


def _paragraphs(parts: Sequence[Sequence[str]], slots: Mapping[str, str], voice: Voice) -> str:
    return "\n\n".join(_joined(part, slots, voice) for part in parts)
