"""What an attacker found once, and must not find again: one test for each hole that was mended."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models.operation import OutgoingMail
from models.people import Attempt, PrivateLink
from services.assignments import assign
from services.attachments import add_attachment
from services.entries.drafts import save
from services.entries.publication import publish
from services.entries.submission import submit
from services.matches import matches_of
from services.secrets import secret_hash
from tests.factories import (
    OFFICER,
    link_holder,
    make_account,
    make_actor,
    make_draft,
    make_published,
    make_submitted,
)
from tests.fixtures import NOW, Opened
from tests.services.test_attachments import pdf
from tests.signing_in import bearer, post
from vocabulary.errors import Refused, TooMany
from vocabulary.people import Role, Scope
from vocabulary.states import EntryKind


@pytest.mark.parametrize("scope", [Scope.WRITE_ENTRIES, Scope.WRITE_REVIEWS, Scope.MANAGE])
def test_token_that_may_not_read_lists_and_finds_nothing_hidden(
    app: Flask, client: FlaskClient, write: Opened, scope: Scope
) -> None:
    with write() as session:
        make_submitted(session, title="Hidden zebra plan")
        officer = make_account(session, Role.OFFICER).id
    headers = bearer(app, officer, scope)

    answers = [
        client.get(f"/api/v1/requests?{query}", headers=headers).get_json()
        for query in ("", "q=zebra", "state=submitted")
    ]

    assert [(answer["total"], answer["items"]) for answer in answers] == [(0, [])] * 3


def test_one_entry_is_no_machine_to_mail_with(write: Opened, read: Opened) -> None:
    with write() as session:
        made = make_draft(session, contact_email="first@people.example")
        holder, ref, version = link_holder(made.entry.id), made.entry.ref, made.entry.version

    for n in range(12):
        with write() as session:
            now = NOW + timedelta(hours=2 * n)
            changes = {"contact_email": f"victim{n}@people.example", "title": f"Buy now {n}"}
            saved = save(session, holder, ref, changes, version, now=now)
            submit(session, holder, ref, saved.version, now=now)
            session.flush()
            version = saved.version

    with read() as session:
        mails = session.execute(
            sa.select(sa.func.count(OutgoingMail.to_email.distinct())).where(
                OutgoingMail.template == "receipt"
            )
        ).scalar_one()
    assert mails < 6


def test_receipts_to_an_address_that_is_only_typed_are_few_an_hour(write: Opened, read: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, contact_email="victim@people.example", now=NOW)
        holder, ref, version = link_holder(entry.id), entry.ref, entry.version

    for n in range(8):
        with write() as session:
            saved = save(session, holder, ref, {"title": f"Again {n}"}, version, now=NOW)
            submit(session, holder, ref, saved.version, now=NOW)
            session.flush()
            version = saved.version

    with read() as session:
        mails = session.execute(
            sa.select(sa.func.count()).where(OutgoingMail.template == "receipt")
        ).scalar_one()
    assert mails == 5


def test_link_mailed_to_a_mistyped_address_ends_when_it_is_put_right(write: Opened, read: Opened) -> None:
    with write() as session:
        made = make_draft(session, contact_email="stranger@people.example")
        holder = link_holder(made.entry.id)
        save(
            session,
            holder,
            made.entry.ref,
            {"contact_email": "me@people.example"},
            made.entry.version,
            now=NOW,
        )
        own = secret_hash(session, made.resume_secret or "")

    with read() as session:
        links = session.execute(
            sa.select(PrivateLink.email, PrivateLink.revoked_at.is_(None), PrivateLink.token_hash == own)
        ).all()
    assert sorted((row[0] or "", row[1], row[2]) for row in links) == [
        ("", True, True),
        ("me@people.example", True, False),
        ("stranger@people.example", False, False),
    ]


def test_mails_caused_from_one_place_are_counted(client: FlaskClient, read: Opened) -> None:
    typed = {"title": "A title", "contact_email": "who@people.example", "version": "0"}

    post(client, "/requests/new", typed, page="/requests/new")

    with read() as session:
        kinds = set(session.execute(sa.select(Attempt.kind)).scalars())
    assert kinds == {"resume_mail", "entry_mail_from"}


def test_hidden_organisation_is_not_told_by_what_it_rules_out(write: Opened, read: Opened) -> None:
    with write() as session:
        body = {"organisation_name": "Secret Foundation", "organisation_country": "KEN"}
        shown = ["title", "language", "summary", "support", "countries"]
        make_published(session, EntryKind.OFFER, public_fields=shown, **body)
        guess = make_actor(session, Role.REQUESTER)
        ref = make_submitted(session, actor=guess, **body).ref

    with read() as session:
        found = matches_of(session, guess, ref, now=NOW, language="en", include_blocked=True)
        inside = matches_of(session, OFFICER, ref, now=NOW, language="en", include_blocked=True)

    assert [code for row in found.blocked for code, _ in row.blockers if code == "same_organisation"] == []
    assert [code for row in inside.blocked for code, _ in row.blockers if code == "same_organisation"] == [
        "same_organisation"
    ]


@pytest.mark.parametrize(
    "typed", ["\u202awho@people.example", "who\x08@people.example", "Who@people.example "]
)
def test_one_address_typed_in_other_signs_is_one_address(
    client: FlaskClient, write: Opened, read: Opened, typed: str
) -> None:
    with write() as session:
        make_account(session, email="who@people.example")

    post(client, "/sign-in/link", {"email": typed})

    with read() as session:
        mails = session.execute(sa.select(OutgoingMail.to_email, OutgoingMail.template)).all()
    assert [tuple(mail) for mail in mails] == [("who@people.example", "sign_in")]


def test_nobody_fills_the_disk_unnamed(write: Opened) -> None:
    with write() as session:
        drafts = [make_draft(session, title=f"Draft {n}").entry for n in range(11)]
        refs = [(entry.ref, replace(link_holder(entry.id), address="198.51.100.7")) for entry in drafts]

    def flood() -> None:
        with write() as session:
            for ref, holder in refs:
                for n in range(10):
                    add_attachment(session, holder, ref, "a.pdf", pdf(b"<< %d >>" % n), now=NOW)

    with pytest.raises(TooMany):
        flood()


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/requests/x%0aSet-Cookie:a=b", "/fr/requests/x%0ASet-Cookie%3Aa%3Db"),
        ("/requests/x%3Fnext=//evil.example", "/fr/requests/x%3Fnext%3D//evil.example"),
        ("/requests?q=%C3%A9&sort=title", "/fr/requests?q=%C3%A9&sort=title"),
        ("/", "/fr/"),
    ],
)
def test_address_stays_as_written_when_the_language_is_put_before_it(
    client: FlaskClient, asked: str, led_to: str
) -> None:
    client.set_cookie("language", "fr")

    answer = client.get(asked)

    assert (answer.status_code, answer.headers["Location"]) == (302, led_to)


def test_officer_holds_no_office_over_an_entry_of_their_own(write: Opened) -> None:
    with write() as session:
        officer = make_actor(session, Role.OFFICER, Role.DECIDER, Role.MODERATOR)
        reviewer = make_account(session, Role.REVIEWER).email
        own = make_submitted(session, actor=officer)
        ref, version = own.ref, own.version

    for act in (
        lambda session: publish(session, officer, ref, version, now=NOW),
        lambda session: assign(session, officer, ref, reviewer, None, now=NOW),
    ):
        with write() as session, pytest.raises(Refused) as refused:
            act(session)
        assert refused.value.code == "own_case"
