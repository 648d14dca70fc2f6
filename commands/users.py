"""`flask users …`: make accounts, change their roles, close, open and list them."""

from __future__ import annotations

import json
import sys

import click
from flask.cli import AppGroup

from commands.replies import refusals_in_words
from schemas.accounts import LANGUAGES, NewAccountSchema, RolesSchema
from services import account_management, accounts, passwords
from services.account_management import NewAccount
from services.clock import utc_now
from services.transaction import reading, transaction
from vocabulary.people import SYSTEM, Grant, Role

group = AppGroup("users", help="Accounts: add, list, change roles, disable, enable.")
_roles = click.option(
    "--role", "roles", multiple=True, required=True, type=click.Choice([role.value for role in Role]),
    help="A role; repeat it for several.",
)  # fmt: skip


@group.command("add")
@click.option("--email", required=True, help="Address to sign in with.")
@click.option("--name", required=True, help="Name, as others see it.")
@_roles
@click.option("--language", type=click.Choice(LANGUAGES), default="en", show_default=True)
@click.option("--country", help="Code of three letters, such as KEN; needed for focal_point.")
@click.option("--ask-password", is_flag=True, help="Ask for a password here; without, mailed links sign in.")
def add(
    email: str, name: str, roles: tuple[str, ...], language: str, country: str | None, ask_password: bool
) -> None:
    """Make an account with one or several roles, and tell its holder by mail."""
    typed = {"email": email, "name": name, "roles": list(roles), "language": language, "country": country}
    with refusals_in_words():
        wanted = NewAccountSchema().load(typed)
        new_hash = _asked(name, wanted["email"]) if ask_password else None
        grants = tuple(_grant(Role(role), wanted["country"]) for role in dict.fromkeys(wanted["roles"]))
        new = NewAccount(
            wanted["email"], wanted["name"], grants, language, wanted["country"], password_hash=new_hash
        )
        with transaction() as session:
            account = account_management.create_account(session, SYSTEM, new, now=utc_now())
            number = account.id
    click.echo(f"Account {number} was made. Its holder is told by mail.")


def _grant(role: Role, country: str | None) -> Grant:
    """Only a focal point's role is tied to the country."""
    return Grant(role, country=country if role is Role.FOCAL_POINT else None)


def _asked(name: str, email: str) -> str:
    password: str = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    accounts.check_new_password(name, email, password)
    return passwords.hash_password(password)


@group.command("grant")
@click.argument("email")
@_roles
@click.option("--country", help="Code of three letters, such as KEN; needed for focal_point.")
def grant(email: str, roles: tuple[str, ...], country: str | None) -> None:
    """Give further roles to an account that is there already."""
    with refusals_in_words():
        wanted = RolesSchema().load({"roles": list(roles), "country": country})
        grants = [_grant(Role(role), wanted["country"]) for role in wanted["roles"]]
        with transaction() as session:
            account = account_management.account_named(session, SYSTEM, email, now=utc_now())
            account_management.grant_roles(session, SYSTEM, account.id, grants, now=utc_now())
    click.echo("The roles are given.")


@group.command("revoke")
@click.argument("email")
@_roles
def revoke(email: str, roles: tuple[str, ...]) -> None:
    """Take roles from an account. It stays open: `flask users disable` closes it."""
    with refusals_in_words(), transaction() as session:
        account = account_management.account_named(session, SYSTEM, email, now=utc_now())
        taken = {Role(role) for role in roles}
        account_management.revoke_roles(session, SYSTEM, account.id, taken, now=utc_now())
    click.echo("The roles are taken away.")


@group.command("disable")
@click.argument("email")
@click.option("--reason", help="For the audit trail, which keeps it for ever: name nobody.")
def disable(email: str, reason: str | None) -> None:
    """Close an account: its sign-ins, mailed links and tokens end at once."""
    with refusals_in_words(), transaction() as session:
        account = account_management.account_named(session, SYSTEM, email, now=utc_now())
        account_management.disable_account(session, SYSTEM, account.id, now=utc_now(), reason=reason)
    click.echo("The account is closed.")


@group.command("enable")
@click.argument("email")
def enable(email: str) -> None:
    """Open a closed account again."""
    with refusals_in_words(), transaction() as session:
        account = account_management.account_named(session, SYSTEM, email, now=utc_now())
        account_management.enable_account(session, SYSTEM, account.id, now=utc_now())
    click.echo("The account is open again.")


@group.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def show(as_json: bool) -> None:
    """Show every account: number, address, roles, language, state."""
    with refusals_in_words(), reading() as session:
        rows = account_management.list_accounts(session, SYSTEM, now=utc_now())
    for row in rows:
        state = "closed" if row.is_disabled else "open"
        if as_json:
            record = {"id": row.id, "email": row.email, "name": row.name, "roles": row.roles, "state": state}
            click.echo(json.dumps(record, ensure_ascii=False))
        else:
            click.echo(f"{row.id:>6}  {row.email:<40} {','.join(row.roles):<30} {row.language}  {state}")
    if not rows and not as_json:
        click.echo("There are no accounts. Make one with `flask users add`.", file=sys.stderr)
