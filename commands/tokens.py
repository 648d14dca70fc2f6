"""`flask tokens …`: make and end tokens for programs."""

from __future__ import annotations

import click
from flask.cli import AppGroup

from commands.replies import refusals_in_words
from services import account_management, tokens
from services.clock import utc_now
from services.transaction import transaction
from vocabulary.people import SYSTEM, Scope

group = AppGroup("tokens", help="Tokens of the programming interface: add, revoke.")


@group.command("add")
@click.option("--email", required=True, help="Address of the account that the token acts for.")
@click.option("--name", required=True, help="What the token is for.")
@click.option(
    "--scope", "scopes", multiple=True, required=True, type=click.Choice([scope.value for scope in Scope]),
    help="What it may be used for; repeat it for several. Never more than the account's roles allow.",
)  # fmt: skip
@click.option("--days", type=click.IntRange(1, tokens.LONGEST_DAYS), default=90, show_default=True)
def add(email: str, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Make a token and print it on standard output, this once."""
    with refusals_in_words(), transaction() as session:
        now = utc_now()
        account = account_management.account_named(session, SYSTEM, email, now=now)
        wanted = [Scope(scope) for scope in scopes]
        made = tokens.create_token(session, SYSTEM, account.id, name=name, scopes=wanted, days=days, now=now)
    click.echo(made.secret)
    click.echo(
        f"Token {made.id} holds until {made.expires_at:%Y-%m-%d %H:%M} UTC. It is not shown again.", err=True
    )


@group.command("revoke")
@click.argument("number", type=int)
def revoke(number: int) -> None:
    """End the token with this number at once."""
    with refusals_in_words(), transaction() as session:
        tokens.revoke_token(session, SYSTEM, number, now=utc_now())
    click.echo("The token is revoked.")
