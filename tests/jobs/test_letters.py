"""Letters on decisions go through a real mail server: once, with their PDF, and nothing typed is markup."""

from __future__ import annotations

from flask import Flask

from jobs.delivery import by_smtp
from jobs.mail import send_next
from services.decisions.releasing import preview, release
from tests.factories import MADE_AT, make_actor
from tests.fixtures import Opened
from tests.jobs.test_mail import SENDER, SITE, parts_of, server
from tests.panels import make_bench, make_decided
from vocabulary.people import Role

__all__ = ["server"]
NAME = 'Amina <a href="https://evil.example">click</a> {{ 7*7 }} **bold**'


def test_a_released_letter_goes_once_with_its_pdf_and_a_draft_never(
    app: Flask, write: Opened, server
) -> None:
    mailbox, address = server
    with write() as session:
        bench = make_bench(session)
        make_decided(session, bench, contact_name=NAME, title="Mentors [here](https://evil.example)")
        make_decided(session, bench, contact_email="later@savannah.example")
        ref = bench.call
        decider = make_actor(session, Role.DECIDER)

    def send_all() -> None:
        with app.app_context():
            for _ in range(10):
                send_next(by_smtp(address), lambda: MADE_AT, sender=SENDER, site=SITE)

    send_all()
    letters = [message for message in mailbox.taken if message.get("Subject", "").endswith("Endorsed")]
    assert letters == []

    with write() as session:
        seen = preview(session, decider, ref, now=MADE_AT)
        release(session, decider, ref, seen.seen_hash, now=MADE_AT)
    send_all()
    send_all()

    letters = [message for message in mailbox.taken if message["Subject"].endswith("Endorsed")]
    assert [message["To"] for message in letters] == ["amina@savannah.example", "later@savannah.example"]
    text, html = parts_of(letters[0])
    assert f"Dear {NAME}," in text
    assert "&lt;a href=&#34;https://evil.example&#34;&gt;click&lt;/a&gt; {{ 7*7 }} **bold**" in html
    assert 'href="https://evil.example' not in html
    (pdf,) = letters[0].iter_attachments()
    assert pdf.get_content_type() == "application/pdf"
    assert pdf.get_filename().startswith("LET-2026-")
    assert pdf.get_content().startswith(b"%PDF-")
