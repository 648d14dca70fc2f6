"""`flask jobs …`: run the background worker, and see what it could not do."""

from __future__ import annotations

import json
import sys

import click
from flask import current_app
from flask.cli import AppGroup

from config import Settings
from jobs import worker
from jobs.delivery import Deliver, WrongMailServer, by_smtp, into_folder, read_mail_server
from jobs.index import IndexBuilder
from services import mail_sending
from services.clock import utc_now
from services.health import in_words_for_operators
from services.transaction import reading, transaction
from vocabulary.errors import HouseError
from vocabulary.people import SYSTEM

group = AppGroup("jobs", help="Work in the background: mail, what runs out, what is forgotten.")


@group.command("run")
@click.option("--once", is_flag=True, help="Do what there is to do now, then end.")
def run(once: bool) -> None:
    """Send mail, end what has run out, forget what is old, until stopped.

    SIGTERM and Ctrl-C end it after the job under way. Several may run on one database. Ends with 1 when, with
    --once, a job failed, and with 2 when SMTP_URL cannot be read.
    """
    settings: Settings = current_app.config["SETTINGS"]
    stop = worker.stop_on_signals()
    index = IndexBuilder(utc_now, settings.data_dir)
    todo = worker.tasks(
        _deliver(settings), utc_now, sender=settings.mail_from, site=settings.address, index=index, stop=stop
    )
    if once:
        is_well = worker.run_once(todo)
        sys.exit(0 if index.wait() and is_well else 1)
    click.echo(f"Working. Mail goes {_where(settings)}. Stop with Ctrl-C.")
    worker.run(todo, stop, utc_now)
    index.stop()
    click.echo("Stopped in good order.")


@group.command("status")
def status() -> None:
    """Show how many mails wait, went and failed, and why each failed one did."""
    try:
        with reading() as session:
            counts = mail_sending.mail_counts(session, SYSTEM, now=utc_now())
            failed = mail_sending.failed_mails(session, SYSTEM, now=utc_now())
    except HouseError as error:
        click.echo(str(in_words_for_operators(error)), err=True)
        sys.exit(1)
    click.echo(json.dumps(counts))
    for mail in failed:
        about = f" about {mail.subject_ref}" if mail.subject_ref else ""
        click.echo(
            f"mail {mail.id} ({mail.template}{about}) of {mail.created_at:%Y-%m-%d %H:%M} UTC failed"
            f" after {mail.tries} tries: {mail.error}"
        )


@group.command("retry")
@click.argument("mail", type=int)
def retry(mail: int) -> None:
    """Try the failed mail with this number again."""
    try:
        with transaction() as session:
            mail_sending.retry(session, SYSTEM, mail, now=utc_now())
    except HouseError as error:
        click.echo(str(in_words_for_operators(error)), err=True)
        sys.exit(1)
    click.echo("It is in the queue again.")


def _deliver(settings: Settings) -> Deliver:
    if not settings.smtp_url:
        return into_folder(settings.data_dir / "mail")
    try:
        return by_smtp(read_mail_server(settings.smtp_url))
    except WrongMailServer as wrong:
        click.echo(str(wrong), err=True)
        sys.exit(2)


def _where(settings: Settings) -> str:
    return "to the mail server" if settings.smtp_url else f"into {settings.data_dir / 'mail'}"
