"""Write an entry: begin, go on, check, submit.

Saved at every step, with or without a script, with or without an account.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from flask import Blueprint, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from frame.access import acts, current_actor, set_actor
from frame.language import current_language
from schemas.entries import CONTENT_SCHEMAS
from services.clock import utc_now
from services.entries import drafts, submission
from services.entries.fields import BY_NAME
from services.entries.rows import fetch_for
from services.queries.entries import EntryPage, entry_page
from services.self_check import self_check
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid, NotFound
from vocabulary.people import Actor
from vocabulary.states import EntryKind
from web.autosave import autosave_refusal, autosaved, is_autosave, loaded
from web.form_layout import SECTIONS, next_section, section_of, section_with
from web.form_pages import check_page, conflict_page, form_page
from web.form_questions import Section
from web.forms import typed_content, typed_fields, version_of
from web.session import keep_draft

bp = Blueprint("drafts", __name__)

NOUN = "<any(requests, offers):noun>"
CONSENTS = ("public_fields", "consent_terms")


def kind_of(noun: str) -> EntryKind:
    """The kind of entry that an address speaks of."""
    return EntryKind.REQUEST if noun == "requests" else EntryKind.OFFER


def noun_of(kind: EntryKind) -> str:
    """The word of the address for a kind of entry."""
    return f"{kind.value}s"


def _section(kind: EntryKind, code: str) -> Section:
    section = section_of(kind, code)
    if section is None or not section.questions:
        raise NotFound
    return section


@bp.get("/requests/new", defaults={"noun": "requests"})
@bp.get("/offers/new", defaults={"noun": "offers"})
@acts(Action.ENTRY_CREATE)
def new(noun: str) -> ResponseReturnValue:
    """The first page of an empty form; nothing is stored until something is typed."""
    kind = kind_of(noun)
    section = SECTIONS[kind][0]
    with reading() as database:
        return form_page(
            database, kind, section, answers=_proposed(current_actor()), call_ref=request.args.get("call")
        )


def _proposed(actor: Actor) -> dict[str, Any]:
    """What a new form can know already: the language of the page, the address of who is signed in."""
    return {"language": current_language(), "contact_email": actor.email}


@bp.post("/requests/new", defaults={"noun": "requests"})
@bp.post("/offers/new", defaults={"noun": "offers"})
@acts(Action.ENTRY_CREATE)
def create(noun: str) -> ResponseReturnValue:
    """Begin the draft with the first answers. Whoever has no account gets a private link."""
    kind, section = kind_of(noun), SECTIONS[kind_of(noun)][0]
    typed = typed_content(request.form, section)
    content, errors = loaded(CONTENT_SCHEMAS[kind](), typed)
    call_ref = request.form.get("call") or None
    try:
        with transaction() as database:
            made = drafts.create_draft(
                database, current_actor(), kind, content, now=utc_now(), call_ref=call_ref
            )
            ref, version, entry_id = made.entry.ref, made.entry.version, made.entry.id
    except Invalid as wrong:
        return _not_taken(kind, section, None, typed, wrong.errors, call_ref)
    if made.resume_secret:
        keep_draft(session, made.resume_secret)
        set_actor(replace(current_actor(), entry_ids=current_actor().entry_ids | {entry_id}))
    return _kept(kind, section, ref, version, typed, errors)


@bp.get(f"/{NOUN}/<ref>/edit")
@acts(Action.ENTRY_EDIT)
def begin_again(noun: str, ref: str) -> ResponseReturnValue:
    """The form from its first section."""
    return redirect(url_for("drafts.edit", noun=noun, ref=ref, code=SECTIONS[kind_of(noun)][0].code), 303)


@bp.get(f"/{NOUN}/<ref>/edit/<code>")
@acts(Action.ENTRY_EDIT)
def edit(noun: str, ref: str, code: str) -> ResponseReturnValue:
    """One section of the form, as it was last saved."""
    kind = kind_of(noun)
    section = _section(kind, code)
    with reading() as database:
        page = _editable(database, kind, ref)
        return form_page(database, kind, section, answers=page.working, page=page)


@bp.post(f"/{NOUN}/<ref>/edit/<code>")
@acts(Action.ENTRY_EDIT)
def save(noun: str, ref: str, code: str) -> ResponseReturnValue:
    """Keep the answers of one section; what cannot be taken is shown again with the reason."""
    kind = kind_of(noun)
    section = _section(kind, code)
    typed = typed_content(request.form, section)
    content, errors = loaded(CONTENT_SCHEMAS[kind](), typed)
    try:
        with transaction() as database:
            entry = drafts.save(
                database, current_actor(), ref, content, version_of(request.form), now=utc_now()
            )
            version = entry.version
    except Conflict as lost:
        if not _says_the_same(content, lost):
            return _lost_update(kind, section, ref, typed, lost)
        version = lost.extra["version"]
    except Invalid as wrong:
        return _not_taken(kind, section, ref, typed, wrong.errors, None)
    return _kept(kind, section, ref, version, typed, errors)


def _editable(database: Any, kind: EntryKind, ref: str) -> EntryPage:
    page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind)
    if page.is_helped and not page.is_writer:
        fetch_for(database, current_actor(), Action.ENTRY_EDIT, ref, now=utc_now())  # refuses, and says why
    if not page.is_writer:
        raise NotFound
    if page.row.state != "draft" and Action.ENTRY_EDIT not in page.may:
        fetch_for(database, current_actor(), Action.ENTRY_EDIT, ref, now=utc_now())  # refuses, and says why
    return page


def _kept(
    kind: EntryKind,
    section: Section,
    ref: str,
    version: int,
    typed: Mapping[str, Any],
    errors: dict[str, Any],
) -> ResponseReturnValue:
    """Saved: tell the script, or go on to the next section; with errors, show this one again."""
    if is_autosave():
        address = url_for("drafts.save", noun=noun_of(kind), ref=ref, code=section.code)
        return autosaved(address, ref, version, errors)
    if errors:
        return _not_taken(kind, section, ref, typed, errors, None)
    stays = "stay" in request.form
    target = section if stays else next_section(kind, section.code)
    return redirect(_address(kind, ref, target.code), 303)


def _address(kind: EntryKind, ref: str, code: str) -> str:
    if code == "check":
        return url_for("drafts.check", noun=noun_of(kind), ref=ref)
    if code == "files":
        return url_for("files.show", noun=noun_of(kind), ref=ref)
    return url_for("drafts.edit", noun=noun_of(kind), ref=ref, code=code)


def _not_taken(
    kind: EntryKind,
    section: Section,
    ref: str | None,
    typed: Mapping[str, Any],
    errors: Mapping[str, Any],
    call_ref: str | None,
) -> ResponseReturnValue:
    """The section as typed, with every error."""
    if is_autosave():
        return autosave_refusal(Invalid(errors))
    with reading() as database:
        page = _editable(database, kind, ref) if ref else None
        body = form_page(database, kind, section, answers=typed, page=page, errors=errors, call_ref=call_ref)
    return body, 422


def _says_the_same(content: Mapping[str, Any], lost: Conflict) -> bool:
    """Was just this saved already? So it is when the form saves itself while the button is pressed."""
    if lost.code != "version_conflict" or "current" not in lost.extra:
        return False
    current = lost.extra["current"]
    return all(BY_NAME[name].to_json(value) == current.get(name) for name, value in content.items())


def _lost_update(
    kind: EntryKind, section: Section, ref: str, typed: Mapping[str, Any], lost: Conflict
) -> ResponseReturnValue:
    """Somebody saved first: both texts side by side, nothing lost."""
    if lost.code != "version_conflict" or "current" not in lost.extra:
        raise lost
    if is_autosave():
        return autosave_refusal(lost)
    with reading() as database:
        return conflict_page(database, kind, section, ref, typed, lost.extra), 409


# --- check and submit ------------------------------------------------------------------------------------


@bp.get(f"/{NOUN}/<ref>/check")
@acts(Action.ENTRY_SUBMIT)
def check(noun: str, ref: str) -> ResponseReturnValue:
    """Every answer on one page, what is missing, and the consents."""
    kind = kind_of(noun)
    with reading() as database:
        return check_page(database, kind, _editable(database, kind, ref))


@bp.get("/requests/<ref>/self-check")
@acts(Action.ENTRY_SUBMIT)
def check_self(ref: str) -> ResponseReturnValue:
    """What the rules say of the submitter's own assessment, before anybody else has seen it."""
    with reading() as database:
        page = _editable(database, EntryKind.REQUEST, ref)
        found = self_check(
            database, page.working, page.call.ref if page.call else None, language=current_language()
        )
    address = _address(EntryKind.REQUEST, ref, section_with(EntryKind.REQUEST, "self_assessment"))
    return render_template("entries/self_check.html", ref=ref, found=found, assessment_url=address)


@bp.post(f"/{NOUN}/<ref>/submission")
@acts(Action.ENTRY_SUBMIT)
def submit(noun: str, ref: str) -> ResponseReturnValue:
    """Keep the consents, then submit; with errors the check page comes back with all of them."""
    kind, now = kind_of(noun), utc_now()
    typed = typed_fields(request.form, CONSENTS)
    try:
        with transaction() as database:
            version = version_of(request.form)
            if _editable(database, kind, ref).is_own:  # whoever helps consents to nothing
                version = drafts.save(database, current_actor(), ref, typed, version, now=now).version
            submission.submit(database, current_actor(), ref, version, now=now)
    except Invalid as wrong:
        return _check_again(kind, ref, typed, wrong.errors), 422
    except Conflict as lost:
        if lost.code != "version_conflict":
            raise
        return _check_again(kind, ref, typed, {"version": [lost.message]}), 409
    return redirect(url_for("submitted.receipt", noun=noun, ref=ref), 303)


def _check_again(kind: EntryKind, ref: str, typed: Mapping[str, Any], errors: Mapping[str, Any]) -> str:
    with reading() as database:
        page = _editable(database, kind, ref)
        return check_page(database, kind, page, typed=typed, errors=errors)


@bp.post(f"/{NOUN}/<ref>/discard")
@acts(Action.ENTRY_DISCARD)
def discard(noun: str, ref: str) -> ResponseReturnValue:
    """Throw away a draft, or the edit under way of what was submitted."""
    with transaction() as database:
        page = entry_page(database, current_actor(), ref, now=utc_now(), kind=kind_of(noun))
        remove = drafts.discard_draft if page.row.state == "draft" else drafts.discard_pending
        remove(database, current_actor(), ref, version_of(request.form), now=utc_now())
        is_gone = page.row.state == "draft"
    return redirect(
        url_for("mine.show") if is_gone else url_for("submitted.receipt", noun=noun, ref=ref), 303
    )
