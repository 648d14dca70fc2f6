"""Sign in by password or mailed link, and sign out."""

from __future__ import annotations

from pathlib import Path

from flask import Blueprint, current_app, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from marshmallow import ValidationError

from frame.access import acts, current_actor, set_actor
from frame.language import current_language
from schemas.values import Address
from services import accounts, passwords
from services.accounts import SignedIn
from services.clock import utc_now
from services.runtime import Runtime
from services.sessions import actor_of_account
from services.transaction import reading, transaction
from vocabulary.actions import Action
from vocabulary.errors import TooMany
from vocabulary.messages import Message
from web import held
from web.own_paths import in_language, own_path
from web.session import DRAFTS, SIGN_IN_SECRET

bp = Blueprint("account", __name__)


@bp.get("/sign-in")
@acts(Action.ACCOUNT_SIGN_IN)
def sign_in() -> ResponseReturnValue:
    """The page to sign in, or onwards for somebody who is."""
    if current_actor().is_signed_in:
        return redirect(after_sign_in(), 303)
    return render_template(
        "account/sign_in.html",
        next=own_path(request.args.get("next")),
        held=None,
        email=request.args.get("email", "")[:254],
        errors={},
    )


@bp.post("/sign-in")
@acts(Action.ACCOUNT_SIGN_IN)
def check_password() -> ResponseReturnValue:
    """Compare the password; the slow part is done outside of any transaction."""
    email, password = _typed_address(), request.form.get("password", "")
    errors = _errors(email, password)
    if errors:
        return _again(email, errors, 422)
    try:
        with transaction() as database:
            tried = accounts.begin_sign_in(database, email, request.remote_addr, now=utc_now())
    except TooMany as refused:
        return _again(email, {"email": [refused.message]}, 429, refused)
    is_right = passwords.is_right(tried.stored, password)
    renew = is_right and tried.stored is not None and passwords.needs_new_hash(tried.stored)
    new_hash = passwords.hash_password(password) if renew else None
    with transaction() as database:
        signed_in = accounts.finish_sign_in(
            database, tried, is_right=is_right, new_hash=new_hash, now=utc_now()
        )
    if signed_in is None:
        return _again(email, {"password": [accounts.NOT_THE_PERSON]}, 422)
    return _enter_and_go_on(signed_in)


@bp.post("/sign-in/link")
@acts(Action.ACCOUNT_SIGN_IN)
def send_link() -> ResponseReturnValue:
    """Mail a link; the answer is the same whether there is an account or not."""
    email = _typed_address()
    errors = _errors(email)
    if errors:
        return _again(email, errors, 422)
    try:
        with transaction() as database:
            accounts.ask_for_link(
                database,
                email,
                request.remote_addr,
                language=current_language(),
                next_path=own_path(request.form.get("next")),
                now=utc_now(),
            )
    except TooMany as refused:
        return _again(email, {"email": [refused.message]}, 429, refused)
    return render_template("account/link_sent.html", email=email, folder=_mail_folder())


@bp.get("/sign-in/<secret>")
@acts(Action.ACCOUNT_SIGN_IN)
def show_link(secret: str) -> ResponseReturnValue:
    """A button: mail scanners follow links but press nothing."""
    with reading() as database:
        email = accounts.check_link(database, secret, now=utc_now())
    return render_template(
        "account/use_link.html", email=email, secret=secret, next=own_path(request.args.get("next"))
    )


@bp.post("/sign-in/<secret>")
@acts(Action.ACCOUNT_SIGN_IN)
def use_link(secret: str) -> ResponseReturnValue:
    """Sign in by the link, once."""
    with transaction() as database:
        signed_in = accounts.use_link(database, secret, now=utc_now())
    return _enter_and_go_on(signed_in)


@bp.post("/sign-out")
@acts(Action.ACCOUNT_SIGN_IN)
def sign_out() -> ResponseReturnValue:
    """End the sign-in here and on the server, and forget the drafts of this browser."""
    secret = session.get(SIGN_IN_SECRET)
    if secret is not None:
        with transaction() as database:
            accounts.sign_out(database, secret, now=utc_now())
    session.clear()
    return redirect(url_for("home.show"), 303)


def enter(signed_in: SignedIn) -> None:
    """Put a new sign-in into the cookie; nothing of the old one stays but the drafts of this browser."""
    drafts = session.get(DRAFTS, [])
    session.clear()
    session[SIGN_IN_SECRET] = signed_in.secret
    if drafts:
        session[DRAFTS] = drafts
    session.permanent = True


def after_sign_in() -> str:
    """Where to go on: where somebody was going, or what is theirs."""
    wanted = own_path(request.values.get("next"))
    if wanted is not None:
        return in_language(wanted, request.script_root)
    return url_for("mine.show" if "mine.show" in current_app.view_functions else "account.show")


def _enter_and_go_on(signed_in: SignedIn) -> ResponseReturnValue:
    enter(signed_in)
    fields = held.unpacked(request.form.get(held.FIELD))
    target = own_path(request.form.get("next"))
    if fields is None or target is None:
        return redirect(after_sign_in(), 303)
    with reading() as database:
        set_actor(actor_of_account(database, signed_in.account_id))
    return held.send_again_page(fields, target)


def _typed_address() -> str:
    """The address as every other form keeps it, so that one person is one address; else as it was typed."""
    typed = request.form.get("email", "").strip()
    try:
        return Address().deserialize(typed) or ""
    except ValidationError:
        return typed


def _errors(email: str, password: str | None = None) -> dict[str, list[Message]]:
    errors: dict[str, list[Message]] = {}
    try:
        found = Address().deserialize(email)
    except ValidationError as wrong:
        errors["email"] = list(wrong.messages)
    else:
        if found is None:
            errors["email"] = [Message("Type your e-mail address.")]
    if password == "":
        errors["password"] = [Message("Type your password, or let us send you a link instead.")]
    return errors


def _again(
    email: str, errors: dict[str, list[Message]], status: int, refused: TooMany | None = None
) -> ResponseReturnValue:
    """The page once more, with what was typed and what was held."""
    fields = held.unpacked(request.form.get(held.FIELD))
    page = render_template(
        "account/sign_in.html",
        next=own_path(request.form.get("next")),
        held=held.packed(fields) if fields is not None else None,
        held_fields=fields,
        email=email,
        errors=errors,
    )
    headers = {"Retry-After": str(refused.extra["retry_after"])} if refused else {}
    return page, status, headers


def _mail_folder() -> Path | None:
    """Where mail lands when it does not leave the machine; never said in production."""
    runtime: Runtime = current_app.extensions["capmatch_runtime"]
    return runtime.mail_folder
