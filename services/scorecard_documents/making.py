"""A scorecard as a document: the submission, then each criterion with its fields beside what is said on it.

In the reviewer's language, with everything that was saved so far. Shows nothing that the page of the
scorecard does not show. What is read of it again: services/scorecard_documents/reading.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any

from sqlalchemy.orm import Session

from models.people import Account
from services.documents.docx import as_docx
from services.documents.odt import as_odt
from services.documents.parts import Block, Document, Form, Heading, Row, Text, Tone
from services.file_kinds import DOCX, ODT
from services.queries.cards import Card, StrategyGroup
from services.queries.readable import ShownField
from services.queries.reviews import ScorecardPage, scorecard
from services.reviews.content import PARTNERS
from services.reviews.rows import find, programme_of
from services.reviews.words import OF_CRITERION, OVERALL_LABELS
from services.scorecard_documents import codes
from services.scorecard_documents.answers import text_of, texts
from services.scorecard_documents.codes import criteria_mark
from translations.catalogues import gettext, is_right_to_left, translate
from vocabulary.messages import Message
from vocabulary.people import Actor

LONGEST_BESIDE = 900
"""Characters of each answer of the submission that stand beside a criterion; all of it stands in front."""

NOT_IN_TEXT = frozenset({"title", "language", "self_assessment"})
_HOW = (
    Message(
        "Write in the middle column only. Leave the words in square brackets as they are: by them the "
        "service reads your answers."
    ),
    Message("Choose a score by its sign: 0, 1, 2, 3, or X if you cannot judge."),
    Message(
        "Upload the document on the page of the scorecard. You see first what it would change; nothing is "
        "taken over before you say so, and nothing is submitted."
    ),
)
_FINDINGS = {"met": Message("Met"), "not_met": Message("Not met"), "unclear": Message("Not sure")}
_HINTS: Mapping[str, Message] = {
    "evidence": Message("For the scores 0, 2 and 3. The applicant may read it: name no people."),
    "pointer": Message("Section, page or file"),
    "cannot_reason": Message("Only if you cannot judge."),
}


class Format(StrEnum):
    """In which format a document is made."""

    DOCX = "docx"
    ODT = "odt"


@dataclass(frozen=True, slots=True)
class MadeDocument:
    """A file to be sent."""

    name: str
    media_type: str
    content: bytes


def make(
    session: Session, actor: Actor, ref: str, kind: Format, *, language: str, now: datetime
) -> MadeDocument:
    """One's own scorecard as a document. Raises as services.queries.reviews.scorecard does."""
    page = scorecard(session, actor, ref, language=language, now=now)
    item = find(session, actor, ref)
    mark = criteria_mark(programme_of(session, item.entry).criteria_set)
    reviewer = session.get_one(Account, item.assignment.account_id).name
    document = _Maker(page, language, mark, reviewer).document()
    if kind is Format.DOCX:
        return MadeDocument(f"{page.ref}.docx", DOCX.media_type, as_docx(document))
    return MadeDocument(f"{page.ref}.odt", ODT.media_type, as_odt(document))


class _Maker:
    """Turns the page of a scorecard into the parts of a document, in one language."""

    def __init__(self, page: ScorecardPage, language: str, mark: str, reviewer: str) -> None:
        self.page, self.language, self.mark, self.reviewer = page, language, mark, reviewer

    def say(self, text: Any) -> str:
        """Words, a number, a day or a list in the language of the document."""
        return text if type(text) is str else translate(text, self.language)

    def _(self, text: str) -> str:
        return gettext(self.language, text)

    def document(self) -> Document:
        """The whole document."""
        title = f"{self._('Scorecard')} {self.page.ref}"
        return Document(title, self.language, is_right_to_left(self.language), tuple(self._blocks(title)))

    def _blocks(self, title: str) -> Iterator[Block]:
        yield Heading(title)
        yield Text(self.page.title or self.page.entry_ref, Tone.STRONG)
        for sentence in _HOW:
            yield Text(self.say(sentence))
        yield self._head()
        yield Heading(self._("The submission"), 1, breaks=True)
        for name, shown in self.page.submission.items():
            if name not in NOT_IN_TEXT:
                yield Heading(self.say(shown.label), 3)
                yield Text(self._said(shown))
        yield Heading(self._("Your scores"), 1, breaks=True)
        for group in self.page.groups:
            yield from self._group(group)
        yield Heading(self._("Overall"), 1, breaks=True)
        yield self._overall()

    def _head(self) -> Form:
        """Where the document belongs and what it was made from. By this it is recognised again."""
        page = self.page
        due = [Row(None, self._("Due"), self.say(page.due_at))] if page.due_at else []
        return Form(
            (
                Row(codes.SCORECARD, self._("Scorecard"), page.ref),
                Row(None, self._("Reviewer"), self.reviewer),
                Row(codes.ENTRY, self._("Submission"), page.entry_ref),
                Row(codes.SUBMISSION, self._("Version of the submission"), str(page.revision)),
                Row(codes.VERSION, self._("Version of the scorecard"), str(page.version)),
                Row(codes.CRITERIA, self._("Criteria"), self.mark),
                *due,
            ),
            self._("About this document"),
            self._("Do not change"),
        )

    def _said(self, shown: ShownField) -> str:
        """One answer of the submission as text; lists a line each."""
        if isinstance(shown.value, tuple):
            return "\n".join(f"• {self.say(name)}" for name in shown.value)
        if isinstance(shown.value, Decimal) and shown.kind == "money":
            return f"{self.say(shown.value)} {self.page.submission_content.get('currency') or 'USD'}"
        return self.say(shown.value)

    def _group(self, group: StrategyGroup) -> Iterator[Block]:
        yield Heading(f"{group.code} · {group.name}", 2)
        claimed = self._("Claimed: every criterion needs an answer")
        yield Text(claimed if group.is_claimed else self._("Not claimed: optional"), Tone.QUIET)
        if group.rule:
            yield Text(group.rule)
        for card in group.cards:
            yield from self._card(card)

    def _card(self, card: Card) -> Iterator[Block]:
        yield Heading(f"{card.code}. {card.name}", 3)
        yield Text(card.wording)
        for told in (card.help, card.condition):
            if told:
                yield Text(told, Tone.QUIET)
        if card.example:
            yield Text(f"{self._('An example:')} {card.example}", Tone.QUIET)
        yield Form(
            tuple(self._rows(card)),
            self.say(Message("Criterion {criterion}", criterion=card.code)),
            self._("Your answer"),
            self._("What the submission says"),
            tuple(self._beside(card))
            or (Text(self._("Nothing in particular. Look at the whole submission."), Tone.QUIET),),
        )

    def _rows(self, card: Card) -> Iterator[Row]:
        name = f"scores.{card.code}"
        saved = self.page.content["scores"][card.code]
        kind = "tick" if card.is_any_part else "test"
        for code, label in card.parts:
            held = text_of(kind, saved["parts"][code], self.language) if code in saved["parts"] else ""
            yield Row(f"{name}.parts.{code}", label, held, choices=texts(kind, self.language))
        value = "cannot_judge" if saved["cannot_judge"] else saved["value"]
        anchors = "\n".join(f"{score} – {self.say(label)}: {anchor}" for score, label, anchor in card.anchors)
        yield Row(
            f"{name}.value",
            self._("Your score"),
            "" if value is None else text_of("value", str(value), self.language),
            f"{anchors}\nX – {self._('Cannot judge')}",
            texts("value", self.language),
        )
        for field in codes.OF_A_SCORE:
            label = self.say(OF_CRITERION[field].format(criterion=card.code))
            yield Row(f"{name}.{field}", label, saved[field] or "", self.say(_HINTS[field]))

    def _beside(self, card: Card) -> Iterator[Text]:
        """The applicant's own view, and the answers in which this criterion is likely to be spoken of."""
        if card.said_finding or card.said:
            yield Text(self._("The applicant's own view"), Tone.STRONG)
            if card.said_finding in _FINDINGS:
                yield Text(self.say(_FINDINGS[card.said_finding]))
            if card.said:
                yield Text(card.said)
        for field, label in card.look_in:
            shown = self.page.submission.get(field)
            if shown is None:
                continue
            yield Text(self.say(label), Tone.STRONG)
            text = self._said(shown)
            yield Text(_clipped(text))
            if len(text) > LONGEST_BESIDE:
                yield Text(self._("The whole text stands in the first part of this document."), Tone.QUIET)

    def _overall(self) -> Form:
        content = self.page.content
        return Form(
            (
                self._choice("recommendation", "recommendation", content["recommendation"]),
                self._text(
                    "conditions",
                    self._("Needed when you endorse with conditions. The applicant may read them."),
                ),
                self._text(
                    "contradiction_reason",
                    self._("Your own advice. It need not follow from the scores, but then say why."),
                ),
                self._choice("confidence", "level", content["confidence"]),
                *(
                    Row(
                        f"expertise.{group.code}",
                        f"{self.say(OVERALL_LABELS['expertise'])}: {group.code} · {group.name}",
                        text_of("level", content["expertise"].get(group.code), self.language),
                        choices=texts("level", self.language),
                    )
                    for group in self.page.groups
                ),
                self._text("comment_applicant", self._("May be released with the decision. Name no people.")),
                self._text(
                    "comment_internal", self._("For the task force and the secretariat; never released.")
                ),
                self._text("minutes_spent", ""),
                self._text(PARTNERS, self._("One a line.")),
            ),
            self._("Overall"),
            self._("Your answer"),
        )

    def _choice(self, name: str, kind: str, saved: Any) -> Row:
        label = self.say(OVERALL_LABELS[name])
        return Row(name, label, text_of(kind, saved, self.language), choices=texts(kind, self.language))

    def _text(self, name: str, hint: str) -> Row:
        saved = self.page.content[name]
        said = "\n".join(saved) if name == PARTNERS else "" if saved is None else str(saved)
        return Row(name, self.say(OVERALL_LABELS[name]), said, hint)


def _clipped(text: str) -> str:
    if len(text) <= LONGEST_BESIDE:
        return text
    return text[:LONGEST_BESIDE].rsplit(None, 1)[0].rstrip() + " …"
