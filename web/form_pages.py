"""Put a form on a page: which questions, which options, how far each section is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from flask import render_template, url_for
from sqlalchemy.orm import Session

from frame.language import current_language
from services import vocabularies
from services.clock import utc_now
from services.entries.fields import BY_NAME, DEFAULT_PUBLIC, ValueKind, publishable
from services.entries.submission import missing_answers, odd_answers
from services.programmes import offered
from services.queries.calls import CallRow, invitation, open_calls
from services.queries.entries import EntryPage
from translations.catalogues import LANGUAGES, OWN_NAMES, translate
from vocabulary.messages import Message
from vocabulary.states import CallKind, EntryKind
from web.filters import decimal, money, words
from web.form_layout import SECTIONS, section_with
from web.form_questions import CHOICES, Question, Section, Widget


@dataclass(frozen=True, slots=True)
class Choice:
    """One option of a question, in the reader's language."""

    code: str
    label: str
    hint: str | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as the template shows it: options, groups of options, the answer, errors."""

    question: Question
    value: Any
    options: tuple[Choice, ...] = ()
    groups: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    errors: Any = None
    lookup: str | None = None


def form_page(
    session: Session,
    kind: EntryKind,
    section: Section,
    *,
    answers: Mapping[str, Any],
    page: EntryPage | None = None,
    errors: Mapping[str, Any] | None = None,
    call_ref: str | None = None,
) -> str:
    """One section of the form; without `page` the first one of an entry not yet begun."""
    ref, errors = page.row.ref if page else None, errors or {}
    call = invitation(
        session, page.call.ref if page and page.call else call_ref, current_language(), now=utc_now()
    )
    return render_template(
        "entries/form.html",
        kind=kind,
        noun=f"{kind.value}s",
        section=section,
        asked=[
            _asked(
                session,
                kind,
                q,
                answers.get(q.name),
                (errors or {}).get(q.name),
                ref,
                call.ref if call else None,
            )
            for q in section.questions
        ],
        errors=errors or {},
        labels={q.name: q.label for q in section.questions},
        steps=steps_of(kind, page, section.code, bool(errors)),
        page=page,
        ref=ref,
        previous=_previous(kind, ref, section.code) if ref else None,
        version=page.row.version if page else 0,
        call=call,
        open_calls=() if page or call else _calls_for(session, kind),
        saved_at=page.row.updated_at if page else None,
        text_language=answers.get("language") or (page.working.get("language") if page else None),
        criteria=_criteria(session, ref, call.ref if call else None)
        if section.code == "self_assessment"
        else (),
    )


def _previous(kind: EntryKind, ref: str, code: str) -> str | None:
    """The address of the section before that one."""
    codes = [section.code for section in SECTIONS[kind]]
    at = codes.index(code)
    return _section_address(kind, ref, codes[at - 1]) if at else None


def _calls_for(session: Session, kind: EntryKind) -> list[CallRow]:
    """The open calls that invite this kind of entry, so that nobody writes beside them unknowingly."""
    wanted = CallKind.REQUESTS if kind is EntryKind.REQUEST else CallKind.OFFERS
    found = open_calls(session, language=current_language(), now=utc_now())
    return [call for call in found if call.kind is wanted]


def check_page(
    session: Session,
    kind: EntryKind,
    page: EntryPage,
    *,
    typed: Mapping[str, Any] | None = None,
    errors: Mapping[str, Any] | None = None,
) -> str:
    """Every answer by section, what is still missing, and the two consents."""
    content = dict(page.working) | dict(typed or {})
    missing = missing_answers(kind, content, utc_now().date())
    missing.pop("consent_terms", None)
    odd = odd_answers(session, kind, content)
    shown = dict(errors) if errors is not None else {}
    return render_template(
        "entries/check.html",
        kind=kind,
        noun=f"{kind.value}s",
        page=page,
        ref=page.row.ref,
        version=page.row.version,
        content=content,
        summaries=_summaries(session, kind, content, missing),
        missing=missing,
        odd=odd,
        errors=shown,
        labels=_labels(kind),
        links={
            name: _section_address(kind, page.row.ref, section_with(kind, name))
            for name in {**missing, **odd}
        },
        steps=steps_of(kind, page, "check"),
        consents=_consents(kind, content),
        proposed=content.get("public_fields")
        or (DEFAULT_PUBLIC if not page.n_revisions and not typed else ()),
    )


def conflict_page(
    session: Session,
    kind: EntryKind,
    section: Section,
    ref: str,
    typed: Mapping[str, Any],
    found: Mapping[str, Any],
) -> str:
    """Both versions of each answer that differs, the reader's own to edit."""
    current: Mapping[str, Any] = found["current"]
    same, differing = [], []
    for question in section.questions:
        field = BY_NAME[question.name]
        mine, theirs = _comparable(field, typed.get(question.name)), current.get(question.name)
        row = _asked(session, kind, question, typed.get(question.name), None, ref)
        (same if mine == theirs else differing).append((row, in_words(session, question.name, theirs)))
    return render_template(
        "entries/conflict.html",
        kind=kind,
        noun=f"{kind.value}s",
        section=section,
        ref=ref,
        version=found["version"],
        differing=differing,
        same=[row for row, _ in same],
        criteria=_criteria(session, ref, None) if section.code == "self_assessment" else (),
    )


def _comparable(field: Any, value: Any) -> Any:
    """A typed answer in the form the service keeps; what cannot be read counts as different."""
    try:
        return field.to_json(value)
    except (ValueError, ArithmeticError, TypeError):
        return value


def _asked(
    session: Session,
    kind: EntryKind,
    question: Question,
    value: Any,
    errors: Any,
    ref: str | None,
    call_ref: str | None = None,
) -> Asked:
    groups: tuple[tuple[str, tuple[Choice, ...]], ...] = ()
    options: tuple[Choice, ...] = ()
    if question.widget is Widget.GROUPED_BOXES:
        groups = _groups(session, question)
    elif question.choices:
        options = tuple(
            Choice(code, translate(CHOICES[code], current_language())) for code in question.choices
        )
    elif question.name == "language":
        options = tuple(Choice(code, OWN_NAMES[code]) for code in LANGUAGES)
    elif question.vocabulary:
        options = _options(session, question, kind)
    if question.vocabulary == "strategies":
        allowed = offered(session, "strategies", call_ref=call_ref, entry_ref=ref)
        options = tuple(option for option in options if option.code in allowed)
    return Asked(question, value, options, groups, errors, _lookup_address(kind, question, ref))


def _lookup_address(kind: EntryKind, question: Question, ref: str | None) -> str | None:
    if question.lookup == "entries":
        return url_for("lookups.entries", noun=f"{kind.value}s", **({"ref": ref} if ref else {}))
    return url_for("lookups.organisations") if question.lookup == "organisations" else None


def _options(session: Session, question: Question, kind: EntryKind) -> tuple[Choice, ...]:
    language, vocabulary = current_language(), question.vocabulary or ""
    rows = vocabularies.terms(session, vocabulary)
    wording = "sought" if kind is EntryKind.REQUEST else "given"
    is_support = vocabulary == "support_types"
    found = []
    for option in vocabularies.options(session, vocabulary, language):
        label = (rows[option.code].text(wording, language) if is_support else None) or option.label
        found.append(Choice(option.code, label, _short(option.description, question.widget)))
    return tuple(found)


def _short(description: str | None, widget: Widget) -> str | None:
    """Explanations stand beside boxes and radio buttons; a drop-down list has no room for them."""
    return description if widget in (Widget.BOXES, Widget.RADIOS) else None


def _groups(session: Session, question: Question) -> tuple[tuple[str, tuple[Choice, ...]], ...]:
    """Options under the heading they belong to: countries by region, sub-needs by area, and so on."""
    language, vocabulary = current_language(), question.vocabulary or ""
    rows = vocabularies.terms(session, vocabulary)
    options = vocabularies.options(session, vocabulary, language)
    if vocabulary == "countries":
        headings = vocabularies.labels(session, "regions", language)
        parents = {code: rows[code].data.get("ipbes_subregion") or "" for code in rows}
    elif vocabulary == "initiatives":
        headings = vocabularies.labels(session, "strategies", language)
        parents = {code: row.parent or "" for code, row in rows.items()}
    else:
        headings = vocabularies.labels(session, vocabulary, language)
        above = {row.parent for row in rows.values()}
        parents = {code: row.parent or (code if code in above else "") for code, row in rows.items()}
    grouped: dict[str, list[Choice]] = {}
    for option in options:
        hint = option.description if vocabulary == "initiatives" else None
        grouped.setdefault(parents[option.code], []).append(Choice(option.code, option.label, hint))
    other = translate(Message("Others"), language)
    order = _order(session, "regions" if vocabulary == "countries" else vocabulary)
    return tuple(
        (headings.get(parent, other), tuple(found))
        for parent, found in sorted(grouped.items(), key=lambda item: order.get(item[0], len(order)))
    )


def _order(session: Session, vocabulary: str) -> dict[str, int]:
    """Where each term stands when every parent is followed by its children."""
    rows = vocabularies.terms(session, vocabulary)
    tops = [code for code, row in rows.items() if row.parent not in rows]
    walked = [code for top in tops for code in (top, *(c for c, row in rows.items() if row.parent == top))]
    return {code: n for n, code in enumerate(walked)}


def _criteria(session: Session, ref: str | None, call_ref: str | None) -> tuple[tuple[str, Choice], ...]:
    """The criteria of the call with their wording, for the self-assessment."""
    language = current_language()
    allowed = offered(session, "criteria", call_ref=call_ref, entry_ref=ref)
    return tuple(
        (row.parent or "", Choice(code, row.label(language), row.text("criterion", language)))
        for code, row in vocabularies.terms(session, "criteria").items()
        if code in allowed
    )


def steps_of(
    kind: EntryKind, page: EntryPage | None, current: str, has_errors: bool = False
) -> list[dict[str, Any]]:
    """The sections with how far each is; an entry not yet begun shows only where one is."""
    missing = missing_answers(kind, page.working, utc_now().date()) if page else {}
    steps = []
    for section in SECTIONS[kind]:
        names = [question.name for question in section.questions]
        state = _state(names, page, missing)
        if section.code == "check":
            state = "complete" if page and page.n_revisions and not page.pending else "todo"
        if section.code == current and has_errors:
            state = "error"
        href = _section_address(kind, page.row.ref, section.code) if page else ""
        steps.append({"code": section.code, "title": section.title, "href": href, "state": state})
    return steps


def _state(names: list[str], page: EntryPage | None, missing: Mapping[str, Any]) -> str:
    if page is None:
        return "todo"
    answered = any(page.working.get(name) for name in names if name != "language")
    if not names:
        return "optional"
    if any(name in missing for name in names):
        return "started" if answered else "todo"
    return "complete" if answered else "optional"


def _section_address(kind: EntryKind, ref: str, code: str) -> str:
    if code in ("check", "files"):
        return url_for("drafts.check" if code == "check" else "files.show", noun=f"{kind.value}s", ref=ref)
    return url_for("drafts.edit", noun=f"{kind.value}s", ref=ref, code=code)


def _labels(kind: EntryKind) -> dict[str, Message]:
    return {question.name: question.label for section in SECTIONS[kind] for question in section.questions}


def _summaries(
    session: Session, kind: EntryKind, content: Mapping[str, Any], missing: Mapping[str, Any]
) -> list[tuple[Section, str, list[dict[str, Any]]]]:
    """Each section's answers in words, with the address to change them."""
    currency = content.get("currency")
    found = []
    for section in SECTIONS[kind]:
        if not section.questions:
            continue
        href = url_for("drafts.edit", noun=f"{kind.value}s", ref="REF", code=section.code)
        rows = [
            {
                "key": question.label,
                "value": in_words(session, question.name, content.get(question.name), currency),
                "lang": content.get("language") if question.widget is Widget.TEXT else None,
                "is_missing": question.name in missing,
            }
            for question in section.questions
        ]
        found.append((section, href, rows))
    return found


def in_words(session: Session, name: str, value: Any, currency: str | None = None) -> Any:
    """An answer as a person reads it: labels for codes, a day or an amount in the language, Yes or No."""
    field, language = BY_NAME[name], current_language()
    if value in (None, "", [], {}):
        return None
    if field.kind is ValueKind.FLAG:
        return CHOICES["yes" if value else "no"]
    if field.kind is ValueKind.MONEY:
        return _amount(value, currency)
    if field.kind is ValueKind.DAY:
        return translate(date.fromisoformat(str(value)), language)
    if field.kind is ValueKind.ASSESSMENT:
        labels = vocabularies.labels(session, "criteria", language)
        return "\n".join(_assessed(code, labels.get(code, ""), answer) for code, answer in value.items())
    if field.choices:
        return CHOICES.get(value, value)
    if field.vocabulary:
        labels = vocabularies.labels(session, field.vocabulary, language)
        codes = value if isinstance(value, list) else [value]
        return translate(tuple(labels.get(code, code) for code in codes), language)
    return value


def _amount(value: Any, currency: str | None) -> str:
    """An amount as the language writes it; as it was typed where it is no number."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return str(value)
    if currency:
        return money(amount, currency)
    return words(int(amount)) if amount == int(amount) else decimal(float(amount))


def _assessed(code: str, label: str, answer: Mapping[str, Any]) -> str:
    """One line of the self-assessment."""
    finding = translate(FINDINGS.get(answer.get("finding") or "", ""), current_language())
    return " – ".join(part for part in (f"{code}. {label}", finding, answer.get("text")) if part)


FINDINGS = {"met": Message("Met"), "not_met": Message("Not met"), "unclear": Message("Not sure"), "": ""}


def _consents(kind: EntryKind, content: Mapping[str, Any]) -> list[Choice]:
    """The answered fields that the owner may let everybody see."""
    language = current_language()
    return [
        Choice(name, translate(BY_NAME[name].label, language))
        for name in publishable(kind)
        if content.get(name) not in (None, "", [], {})
    ]
