"""One's own account: name, language, password, where one is signed in, tokens, one's data."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, g, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError
from sqlalchemy.orm import Session

from frame.access import acts, current_actor
from schemas.accounts import NewTokenSchema, OwnAccountSchema
from services import accounts, passwords, personal_data, tokens
from services.clock import utc_now
from services.transaction import reading, transaction
from translations.catalogues import OWN_NAMES
from vocabulary.actions import Action
from vocabulary.errors import Conflict, Invalid
from vocabulary.messages import Message
from vocabulary.people import Role, Scope
from web.forms import version_of
from web.session import tell
from web.sign_in import bp, enter

SCOPES = {
    Scope.READ: Message("Read what you may read"),
    Scope.WRITE_ENTRIES: Message("Write and submit requests and offers"),
    Scope.WRITE_REVIEWS: Message("Write and submit reviews"),
    Scope.MANAGE: Message("Manage: everything else your roles allow"),
}
ROLES = {
    Role.REQUESTER: Message("Asks for support"),
    Role.PARTNER: Message("Offers support"),
    Role.NOMINATOR: Message("Nominates fellows"),
    Role.REVIEWER: Message("Reviewer"),
    Role.MODERATOR: Message("Moderator of the task force"),
    Role.OFFICER: Message("Officer of the secretariat"),
    Role.DECIDER: Message("Decides and releases"),
    Role.AUDITOR: Message("Auditor and data protection"),
    Role.ADMIN: Message("Technical administrator"),
    Role.FOCAL_POINT: Message("National focal point"),
}
LIFETIMES = (30, 90, 180, 365)
WRONG_PASSWORD = Message("This is not your present password.")
LINK_FIRST = Message(
    "To choose your first password, sign out, sign in by a mailed link, and come back within 15 minutes."
)


@bp.get("/account")
@acts(Action.ACCOUNT_EDIT_OWN)
def show() -> ResponseReturnValue:
    """Everything about one's own account on one page."""
    return _page()


@bp.post("/account")
@acts(Action.ACCOUNT_EDIT_OWN)
def edit() -> ResponseReturnValue:
    """Change name and language."""
    typed = {name: request.form.get(name, "") for name in ("name", "language")}
    try:
        changes = OwnAccountSchema().load(typed)
        with transaction() as session:
            accounts.edit_own(session, current_actor(), changes, version_of(request.form), now=utc_now())
    except ValidationError as wrong:
        return _page(errors=wrong.normalized_messages(), typed=typed, status=422)
    except Conflict as stale:
        return _page(errors={"name": [stale.message]}, typed=typed, status=409)
    return _done(Message("Your account was saved."))


@bp.post("/account/password")
@acts(Action.ACCOUNT_EDIT_OWN)
def change_password() -> ResponseReturnValue:
    """Set a new password, after a proof by the present one; signs out every other browser."""
    actor, now = current_actor(), utc_now()
    new = request.form.get("new_password", "")
    try:
        with reading() as session:
            account = accounts.own_account(session, actor, now=now)
            accounts.check_new_password(account.name, account.email, new)
    except Invalid as weak:
        return _page(errors=weak.errors, status=422, focus="password")
    with transaction() as session:
        tried = accounts.begin_step_up(session, actor, request.remote_addr, now=utc_now())
    is_right = passwords.is_right(tried.stored, request.form.get("present_password", ""))
    new_hash = passwords.hash_password(new)
    with transaction() as session:
        signed_in = accounts.change_password(
            session, actor, tried, new_hash, session_id=_session_id(), is_right=is_right, now=utc_now()
        )
    if signed_in is None:
        error = LINK_FIRST if tried.stored is None else WRONG_PASSWORD
        return _page(errors={"present_password": [error]}, status=422, focus="password")
    enter(signed_in)
    return _done(Message("Your password was changed, and every other browser is signed out."))


@bp.post("/account/sessions/<int(max=2147483647):session_id>/end")
@acts(Action.ACCOUNT_EDIT_OWN)
def end_session(session_id: int) -> ResponseReturnValue:
    """Sign another browser out."""
    with transaction() as session:
        accounts.end_own_session(session, current_actor(), session_id, now=utc_now())
    return _done(Message("That browser is signed out."))


@bp.post("/account/sessions/end-others")
@acts(Action.ACCOUNT_EDIT_OWN)
def end_other_sessions() -> ResponseReturnValue:
    """Sign every other browser out."""
    with transaction() as session:
        accounts.end_other_sessions(session, current_actor(), _session_id(), now=utc_now())
    return _done(Message("Every other browser is signed out."))


@bp.post("/account/tokens")
@acts(Action.TOKEN_CREATE)
def create_token() -> ResponseReturnValue:
    """Make a token and show it, this once."""
    actor = current_actor()
    days = request.form.get("days", "")
    typed = {"name": request.form.get("name", ""), "scopes": request.form.getlist("scopes"), "days": days}
    try:
        wanted = NewTokenSchema().load(typed)
        with transaction() as session:
            made = tokens.create_token(
                session,
                actor,
                actor.account_id or 0,
                name=wanted["name"],
                scopes=[Scope(scope) for scope in wanted["scopes"]],
                days=wanted["days"],
                now=utc_now(),
            )
    except (ValidationError, Invalid) as wrong:
        errors = wrong.errors if isinstance(wrong, Invalid) else wrong.normalized_messages()
        found = {f"token_{name}": messages for name, messages in errors.items()}
        return _page(errors=found, token_typed=typed, status=422)
    return render_template("account/token.html", token=made, scopes=SCOPES)


@bp.post("/account/tokens/<int(max=2147483647):token_id>/revoke")
@acts(Action.TOKEN_REVOKE)
def revoke_token(token_id: int) -> ResponseReturnValue:
    """End a token at once."""
    with transaction() as session:
        tokens.revoke_token(session, current_actor(), token_id, now=utc_now())
    return _done(Message("The token was revoked."))


@bp.get("/account/export.json")
@acts(Action.EXPORT_OWN)
def export() -> ResponseReturnValue:
    """Everything held about oneself, as a file."""
    with transaction() as session:
        data = personal_data.export_own(session, current_actor(), now=utc_now())
    headers = {"Content-Disposition": 'attachment; filename="my-data-at-capmatch.json"'}
    body = json.dumps(data, ensure_ascii=False, indent=2)
    return Response(body, content_type="application/json", headers=headers)


def _page(
    errors: dict[str, Any] | None = None,
    typed: dict[str, Any] | None = None,
    token_typed: dict[str, Any] | None = None,
    status: int = 200,
    focus: str | None = None,
) -> ResponseReturnValue:
    with reading() as session:
        page = _content(session)
    values = {"errors": errors or {}, "typed": typed or {}, "token_typed": token_typed or {}}
    return render_template("account/show.html", **page, **values, focus=focus), status


def _content(session: Session) -> dict[str, Any]:
    actor, now = current_actor(), utc_now()
    account = accounts.own_account(session, actor, now=now)
    return {
        "account": {
            "email": account.email,
            "name": account.name,
            "language": account.language,
            "version": account.version,
            "has_password": account.password_hash is not None,
        },
        "roles": [ROLES[role] for role in Role if role in actor.roles()],
        "sessions": accounts.own_sessions(session, actor, now=now),
        "session_id": _session_id(),
        "languages": list(OWN_NAMES.items()),
        "may_make_tokens": tokens.may_create(actor, now=now),
        "tokens": tokens.own_tokens(session, actor, now=now),
        "scopes": [(scope.value, SCOPES[scope]) for scope in tokens.scopes_within(actor)],
        "scope_words": SCOPES,
        "lifetimes_shown": [(str(days), str(days)) for days in LIFETIMES],
        "may_see_erasures": bool({Role.OFFICER, Role.AUDITOR, Role.ADMIN} & actor.roles()),
    }


def _session_id() -> int | None:
    found: int | None = g.get("session_id")
    return found


def _done(message: Message) -> ResponseReturnValue:
    tell(message)
    return redirect(url_for("account.show"), 303)
