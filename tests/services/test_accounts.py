"""Accounts, throttling over workers, tokens, and what a person may have or have taken away."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask

from models.database import db
from models.entries import Entry, Revision
from models.operation import OutgoingMail
from models.people import Account, Attempt
from models.reviews import Assignment, ConflictDeclaration
from procedure.reasons import REASONS
from services import account_management, accounts, affiliations, personal_data, tokens, upkeep
from services.mail import queue_mail
from services.personal_data import APPROVED, ERASED, PREPARED
from services.sessions import actor_of_account, actor_of_token, browser, open_session
from services.throttle import PER_ACCOUNT, Limit, count_try, network_of
from services.transaction import transaction
from tests.factories import make_account, make_actor, make_draft, make_submitted
from tests.fixtures import NOW, Opened
from tests.signing_in import password_hash
from vocabulary.errors import Conflict, Invalid, NotFound, Refused, TooMany
from vocabulary.people import SYSTEM, Actor, Role, Scope
from vocabulary.states import AssignmentState, ConflictAnswer, EntryKind

# --- throttle ---------------------------------------------------------------------------------------------


def test_limit_is_exact_over_workers(app: Flask) -> None:
    outcomes: list[bool] = []

    def work() -> None:
        for _ in range(6):
            with app.app_context():
                try:
                    with transaction() as session:
                        count_try(session, [(PER_ACCOUNT, "a@b.example")], now=NOW)
                    outcomes.append(True)
                except TooMany:
                    outcomes.append(False)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert (outcomes.count(True), outcomes.count(False)) == (10, 14)


def test_refused_try_says_when_the_next_is_free(write: Opened) -> None:
    limit = Limit("test", 2, timedelta(minutes=15))
    with write() as session:
        for minute in (0, 4):
            count_try(session, [(limit, "k")], now=NOW + timedelta(minutes=minute))
        with pytest.raises(TooMany) as refused:
            count_try(session, [(limit, "K")], now=NOW + timedelta(minutes=5))
        count_try(session, [(limit, "k")], now=NOW + timedelta(minutes=15))

    assert refused.value.extra == {"retry_after": 600}


def test_tries_are_stored_without_address(write: Opened, read: Opened) -> None:
    with write() as session:
        accounts.begin_sign_in(session, "amina@people.example", "192.0.2.7", now=NOW)
    with read() as session:
        keys = [row.key_hash for row in session.execute(sa.select(Attempt)).scalars()]

    assert [len(key) for key in keys] == [64, 64]


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        (None, "unknown"),
        ("nonsense", "unknown"),
    ],
)
def test_place_that_counts(address: str | None, place: str) -> None:
    assert network_of(address) == place


# --- tokens -----------------------------------------------------------------------------------------------


def test_token_acts_within_its_scopes_until_it_ends(write: Opened) -> None:
    with write() as session:
        actor = make_actor(session, Role.OFFICER)
        made = tokens.create_token(
            session, actor, actor.account_id or 0, name="x", scopes=[Scope.READ], days=30, now=NOW
        )
        held = actor_of_token(session, made.secret, now=NOW)
        over = actor_of_token(session, made.secret, now=NOW + timedelta(days=30))
        tokens.revoke_token(session, actor, made.id, now=NOW)
        session.flush()
        revoked = actor_of_token(session, made.secret, now=NOW)

    assert made.secret.startswith("cap_")
    assert held is not None
    assert (held.scopes, over, revoked) == (frozenset({Scope.READ}), None, None)


def test_use_of_a_token_is_noted_once_a_minute(write: Opened) -> None:
    with write() as session:
        actor = make_actor(session, Role.OFFICER)
        made = tokens.create_token(
            session, actor, actor.account_id or 0, name="x", scopes=[Scope.READ], days=30, now=NOW
        )
        due = [tokens.use_is_due(session, made.secret, now=NOW)]
        tokens.note_use(session, made.secret, now=NOW)
        due += [tokens.use_is_due(session, made.secret, now=NOW + timedelta(seconds=n)) for n in (59, 60)]
        shown = tokens.own_tokens(session, actor, now=NOW)[0].last_used_at

    assert (due, shown) == ([True, False, True], NOW)


@pytest.mark.parametrize(
    ("role", "changes", "field"),
    [
        (Role.PARTNER, {"scopes": [Scope.MANAGE]}, "scopes"),
        (Role.PARTNER, {"scopes": [Scope.WRITE_REVIEWS]}, "scopes"),
        (Role.OFFICER, {"scopes": []}, "scopes"),
        (Role.OFFICER, {"days": 366}, "days"),
        (Role.OFFICER, {"days": 0}, "days"),
        (Role.OFFICER, {"name": "  "}, "name"),
        (Role.OFFICER, {"name": "a\nb"}, "name"),
    ],
)
def test_token_beyond_its_owner_is_refused(
    write: Opened, role: Role, changes: dict[str, Any], field: str
) -> None:
    values = {"name": "x", "scopes": [Scope.READ], "days": 30} | changes
    with write() as session:
        actor = make_actor(session, role)
        with pytest.raises(Invalid) as refused:
            tokens.create_token(session, actor, actor.account_id or 0, now=NOW, **values)

    assert list(refused.value.errors) == [field]


@pytest.mark.parametrize("role", [Role.REQUESTER, Role.REVIEWER, Role.NOMINATOR, Role.ADMIN, Role.MODERATOR])
def test_roles_without_the_right_make_no_token(write: Opened, role: Role) -> None:
    with write() as session:
        actor = make_actor(session, role)
        with pytest.raises(Refused) as refused:
            tokens.create_token(
                session, actor, actor.account_id or 0, name="x", scopes=[Scope.READ], days=1, now=NOW
            )

    assert refused.value.code in REASONS


def test_token_of_somebody_else_is_not_found(write: Opened) -> None:
    with write() as session:
        actor, other = make_actor(session, Role.OFFICER), make_actor(session, Role.OFFICER)
        made = tokens.create_token(
            session, actor, actor.account_id or 0, name="x", scopes=[Scope.READ], days=1, now=NOW
        )
        with pytest.raises(NotFound):
            tokens.revoke_token(session, other, made.id, now=NOW)
        with pytest.raises(NotFound):
            tokens.create_token(
                session, other, actor.account_id or 0, name="x", scopes=[Scope.READ], days=1, now=NOW
            )
        tokens.revoke_token(session, make_actor(session, Role.ADMIN), made.id, now=NOW)


# --- accounts ---------------------------------------------------------------------------------------------


def test_edit_of_an_older_version_is_a_conflict(write: Opened) -> None:
    with write() as session:
        actor = make_actor(session)
    with write() as session:
        accounts.edit_own(session, actor, {"name": "Ana"}, 1, now=NOW)
    with write() as session, pytest.raises(Conflict) as stale:
        accounts.edit_own(session, actor, {"name": "Bea"}, 1, now=NOW)

    assert (stale.value.code, stale.value.extra["current"]["name"]) == ("version_conflict", "Ana")


def test_session_of_somebody_else_is_not_found(write: Opened) -> None:
    with write() as session:
        actor, other = make_actor(session), make_actor(session)
        secret = open_session(session, other.account_id or 0, now=NOW)
        theirs = browser(session, secret, [], now=NOW).session_id
        with pytest.raises(NotFound):
            accounts.end_own_session(session, actor, theirs or 0, now=NOW)

        assert browser(session, secret, [], now=NOW).actor.is_signed_in


def test_nobody_but_an_administrator_manages_accounts(write: Opened) -> None:
    with write() as session:
        target = make_account(session)
        for role in set(Role) - {Role.ADMIN}:
            with pytest.raises(Refused):
                account_management.disable_account(session, make_actor(session, role), target.id, now=NOW)
        admin = make_actor(session, Role.ADMIN)
        account_management.disable_account(session, admin, target.id, now=NOW)
        with pytest.raises(Conflict):
            account_management.disable_account(session, admin, admin.account_id or 0, now=NOW)

        assert actor_of_account(session, target.id).is_signed_in is False


# --- personal data ----------------------------------------------------------------------------------------

MARKERS = (
    "MARKNAME",
    "markmail@people.example",
    "+254 700 123 456",
    "MARKEXPERT",
    "MARKREASON",
    "MARKCONFLICT",
    "MARKBODY",
)


@pytest.fixture
def person(app: Flask, write: Opened) -> int:
    """Somebody whose data lies wherever data of people can lie."""
    name, email, phone, expertise, reason, conflict, body = MARKERS
    contact = {"contact_name": name, "contact_email": email, "contact_phone": phone}
    with write() as session:
        account = make_account(
            session, Role.PARTNER, Role.REVIEWER, email=email, name=name, expertise=expertise,
            password_hash=password_hash(),
        )  # fmt: skip
        actor = actor_of_account(session, account.id)
        make_submitted(session, EntryKind.OFFER, actor=actor, **contact)
        make_draft(session, actor=actor, **contact)
        make_draft(session, **contact)  # without an account, under the same address
        other = make_submitted(session)
        session.add(
            Assignment(
                ref="ASG-2026-9999", entry_id=other.id, account_id=account.id, state=AssignmentState.DECLINED,
                reason=reason, invited_at=NOW, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        session.add(
            ConflictDeclaration(
                entry_id=other.id, account_id=account.id, answer=ConflictAnswer.CONFLICT, kinds=[],
                text=conflict, answered_at=NOW, created_at=NOW, updated_at=NOW,
            )
        )  # fmt: skip
        affiliations.state(session, actor, {"organisation_name": body}, now=NOW)
        accounts.ask_for_link(session, email, "192.0.2.7", language="en", next_path=None, now=NOW)
        sent = queue_mail(session, email, "sign_in", {"x": name}, language="en", now=NOW)
        sent.state, sent.sent_at = "sent", NOW
        open_session(session, account.id, now=NOW)
        tokens.create_token(
            session, SYSTEM, account.id, name=f"{name} script", scopes=[Scope.READ], days=9, now=NOW
        )
        return account.id


def dump(app: Flask) -> str:
    """Every value of every table, as text."""
    with app.app_context(), db.engine.connect() as connection:
        return "\n".join(
            json.dumps([str(value) for value in row], ensure_ascii=False)
            for table in db.metadata.sorted_tables
            for row in connection.execute(sa.select(table))
        )


def steps(write: Opened) -> dict[Role, Actor]:
    with write() as session:
        return {role: make_actor(session, role) for role in (Role.OFFICER, Role.AUDITOR, Role.ADMIN)}


def test_after_erasing_no_value_of_the_person_is_left(app: Flask, write: Opened, person: int) -> None:
    before = dump(app)
    people = steps(write)
    with write() as session:
        personal_data.prepare_erasure(session, people[Role.OFFICER], MARKERS[1], reason="asked", now=NOW)
    with write() as session:
        personal_data.approve_erasure(session, people[Role.AUDITOR], person, now=NOW)
    with write() as session:
        personal_data.erase(session, people[Role.ADMIN], person, now=NOW)
    after = dump(app)
    with write() as session:
        account = session.get_one(Account, person)
        n_entries = session.execute(sa.select(sa.func.count()).select_from(Entry)).scalar_one()
        n_revisions = session.execute(sa.select(sa.func.count()).select_from(Revision)).scalar_one()
        n_mails = session.execute(sa.select(sa.func.count()).select_from(OutgoingMail)).scalar_one()

        assert [marker in before for marker in MARKERS] == [True] * len(MARKERS)
        assert [marker for marker in MARKERS if marker in after] == []
        assert (account.erased_at, account.is_disabled, account.password_hash) == (NOW, True, None)
        assert (n_entries, n_revisions, n_mails) == (4, 2, 3)  # kept, without the person


def test_erasing_takes_three_people_in_their_order(write: Opened, person: int) -> None:
    people = steps(write)
    with write() as session:
        both = make_actor(session, Role.OFFICER, Role.AUDITOR, Role.ADMIN)
    refused = []

    def attempt(step: Any, actor: Actor, *more: Any, **named: Any) -> None:
        try:
            with write() as session:
                step(session, actor, *more, **named, now=NOW)
            refused.append(False)
        except (Refused, Conflict):
            refused.append(True)

    attempt(personal_data.erase, people[Role.ADMIN], person)
    attempt(personal_data.approve_erasure, people[Role.AUDITOR], person)
    attempt(personal_data.prepare_erasure, people[Role.ADMIN], MARKERS[1], reason="r")
    attempt(personal_data.prepare_erasure, both, MARKERS[1], reason="r")
    attempt(personal_data.prepare_erasure, people[Role.OFFICER], MARKERS[1], reason="r")
    attempt(personal_data.approve_erasure, both, person)
    attempt(personal_data.erase, people[Role.ADMIN], person)
    attempt(personal_data.approve_erasure, people[Role.AUDITOR], person)
    attempt(personal_data.erase, people[Role.OFFICER], person)
    attempt(personal_data.erase, people[Role.ADMIN], person)

    assert refused == [True, True, True, False, True, True, True, False, True, False]


def test_each_sees_the_step_that_is_theirs(write: Opened, read: Opened, person: int) -> None:
    people = steps(write)
    with write() as session:
        actor = actor_of_account(session, person)
        personal_data.ask_erasure(session, actor, now=NOW)
    with write() as session:
        personal_data.ask_erasure(session, actor, now=NOW)
    seen = [_next(read, people)]
    with write() as session:
        personal_data.prepare_erasure(session, people[Role.OFFICER], MARKERS[1], reason="r", now=NOW)
    seen.append(_next(read, people))
    with write() as session:
        personal_data.approve_erasure(session, people[Role.AUDITOR], person, now=NOW)
    seen.append(_next(read, people))
    with read() as session:
        told = session.execute(
            sa.select(sa.func.count()).where(OutgoingMail.template == "erasure_asked")
        ).scalar_one()
        with pytest.raises(Refused):
            personal_data.erasure_cases(session, actor, now=NOW)

    assert seen == [[PREPARED, None, None], [None, APPROVED, None], [None, None, ERASED]]
    assert told == 1


def _next(read: Opened, people: dict[Role, Actor]) -> list[str | None]:
    with read() as session:
        return [
            personal_data.erasure_cases(session, people[role], now=NOW)[0].next_step
            for role in (Role.OFFICER, Role.AUDITOR, Role.ADMIN)
        ]


def test_export_holds_what_is_theirs_and_no_secret(app: Flask, write: Opened, person: int) -> None:
    with write() as session:
        data = personal_data.export_own(session, actor_of_account(session, person), now=NOW)
    text = json.dumps(data, ensure_ascii=False)

    assert [marker for marker in MARKERS if marker not in text] == []
    assert (len(data["entries"]), len(data["revisions"]), len(data["assignments"])) == (2, 1, 1)
    assert "hash" not in {
        name for rows in data.values() if isinstance(rows, list) for row in rows for name in row
    }
    assert "$argon2" not in text


def test_export_tells_no_finding_before_it_is_released(write: Opened, read: Opened) -> None:
    with write() as session:
        owner = make_actor(session, Role.REQUESTER)
        made = [make_submitted(session, actor=owner, title=f"Request {n}") for n in range(2)]
        made[0].state, made[1].state = "ineligible", "deliberation"

    with write() as session:
        rows = personal_data.export_own(session, owner, now=NOW)["entries"]

    assert [row["state"] for row in rows] == ["submitted", "in_review"]


# --- upkeep -----------------------------------------------------------------------------------------------


def test_offers_expire_the_day_after_their_last(write: Opened, read: Opened) -> None:
    with write() as session:
        offers = [
            make_submitted(session, EntryKind.OFFER, valid_until=day) for day in ("2026-06-30", "2026-07-01")
        ]
        for offer in offers:
            offer.state = "active"
        refs = [offer.ref for offer in offers]
    with write() as session:
        n_early = upkeep.expire_offers(session, now=NOW)
    with write() as session:
        counts = [upkeep.expire_offers(session, now=NOW + timedelta(days=30)) for _ in range(2)]
    with read() as session:
        states = dict(session.execute(sa.select(Entry.ref, Entry.state)).all())  # type: ignore[arg-type]

    assert (n_early, counts) == (0, [1, 0])
    assert [states[ref] for ref in refs] == ["expired", "active"]


def test_what_has_served_its_time_is_forgotten(write: Opened, person: int) -> None:
    with write() as session:
        early = upkeep.forget_old(session, now=NOW)
    with write() as session:
        late = upkeep.forget_old(session, now=NOW + timedelta(days=400))

    assert set(early.values()) == {0}
    assert {name: n > 0 for name, n in late.items()} == {
        "links": True, "sign_ins": True, "tokens": True, "tries": True, "mails": True,
        "repeated_calls": False, "invitations": False, "reminders": False,
    }  # fmt: skip
