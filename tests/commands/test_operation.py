"""Backup and restore elsewhere, on both databases; accounts, tokens, settings and the trail by command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from app import create_app
from models.audit import AuditEvent
from models.database import db
from models.operation import OutgoingMail
from models.people import Account, ApiToken, RoleGrant
from tests.commands.operating import run
from tests.factories import make_account, make_draft
from tests.fixtures import Opened, settings_for
from vocabulary.people import Role


def said(result: Result) -> tuple[int, str]:
    return result.exit_code, result.output.strip()


def test_users_add_makes_a_working_account_and_tells_by_mail(app: Flask, read: Opened) -> None:
    result = run(
        app, "users", "add", "--email", "Joao@Body.example", "--name", "João Example",
        "--role", "officer", "--role", "focal_point", "--country", "BRA", "--language", "es",
    )  # fmt: skip
    with read() as session:
        account = session.execute(
            sa.select(Account).options(sa.orm.selectinload(Account.grants))
        ).scalar_one()
        made = (account.email, account.name, account.language, account.email_confirmed_at)
        grants = {(grant.role, grant.country) for grant in account.grants}
        mail = session.execute(sa.select(OutgoingMail.template, OutgoingMail.language)).one()

    assert result.exit_code == 0, result.output
    assert made == ("joao@body.example", "João Example", "es", None)
    assert grants == {(Role.OFFICER, None), (Role.FOCAL_POINT, "BRA")}
    assert tuple(mail) == ("new_account", "es")


def test_users_add_names_every_error(app: Flask) -> None:
    result = run(
        app, "users", "add", "--email", "no address", "--name", " ", "--role", "officer", "--country", "br"
    )

    assert result.exit_code == 1
    assert [line.partition(":")[0] for line in sorted(result.output.splitlines())] == [
        "country",
        "email",
        "name",
    ]


def test_users_add_refuses_an_address_twice_and_a_focal_point_without_country(
    app: Flask, write: Opened
) -> None:
    with write() as session:
        make_account(session, email="a@b.example")

    twice = run(app, "users", "add", "--email", "A@b.example", "--name", "A", "--role", "officer")
    lacking = run(app, "users", "add", "--email", "c@b.example", "--name", "A", "--role", "focal_point")

    assert said(twice) == (1, "email: There is an account with this address already.")
    assert said(lacking) == (1, "country: A focal point needs the country it is the focal point of.")


def test_users_add_refuses_a_weak_password(app: Flask, read: Opened) -> None:
    arguments = (
        "users",
        "add",
        "--email",
        "a@b.example",
        "--name",
        "A",
        "--role",
        "officer",
        "--ask-password",
    )
    result = run(app, *arguments, given="password1234\npassword1234\n")
    with read() as session:
        n_accounts = session.execute(sa.select(sa.func.count()).select_from(Account)).scalar_one()

    assert (result.exit_code, n_accounts) == (1, 0)
    assert "easy to guess" in result.output


def test_users_wrong_use_ends_with_two(app: Flask) -> None:
    assert run(app, "users", "add", "--email", "a@b.example").exit_code == 2


def test_users_disable_enable_and_list(app: Flask, write: Opened) -> None:
    with write() as session:
        make_account(session, Role.OFFICER, email="a@b.example", name="Ana")
    answers = [run(app, "users", *words).exit_code for words in (("disable", "a@b.example"),) * 2]
    listed = json.loads(run(app, "users", "list", "--json").output)
    opened = run(app, "users", "enable", "a@b.example").exit_code
    unknown = run(app, "users", "disable", "x@b.example")

    assert (answers, opened) == ([0, 1], 0)
    assert (listed["email"], listed["roles"], listed["state"]) == ("a@b.example", ["officer"], "closed")
    assert said(unknown) == (1, "There is no account with the address x@b.example.")


def test_users_grant_and_revoke_change_the_roles_of_an_account_that_is_there(
    app: Flask, write: Opened, read: Opened
) -> None:
    with write() as session:
        account_id = make_account(session, Role.REQUESTER, email="a@b.example").id
    given = [
        run(app, "users", "grant", "A@b.example", "--role", "reviewer", "--role", "requester"),
        run(app, "users", "grant", "a@b.example", "--role", "focal_point", "--country", "KEN"),
        run(app, "users", "grant", "a@b.example", "--role", "focal_point", "--country", "UGA"),
        run(app, "users", "grant", "a@b.example", "--role", "reviewer"),
    ]
    with read() as session:
        held = {(grant.role, grant.country) for grant in session.scalars(sa.select(RoleGrant))}
    taken = [run(app, "users", "revoke", "a@b.example", "--role", "focal_point") for _ in range(2)]
    with read() as session:
        left = {(grant.role, grant.country) for grant in session.scalars(sa.select(RoleGrant))}
        trail = session.scalars(
            sa.select(AuditEvent.action)
            .where(AuditEvent.action.startswith("role."), AuditEvent.subject_ref == str(account_id))
            .order_by(AuditEvent.sequence)
        ).all()

    assert [answer.exit_code for answer in given] == [0, 0, 0, 1]
    assert said(given[-1]) == (1, "The account holds these roles already.")
    assert held == {
        (Role.REQUESTER, None),
        (Role.REVIEWER, None),
        (Role.FOCAL_POINT, "KEN"),
        (Role.FOCAL_POINT, "UGA"),
    }
    assert [said(answer) for answer in taken] == [
        (0, "The roles are taken away."),
        (1, "The account holds none of these roles."),
    ]
    assert left == {(Role.REQUESTER, None), (Role.REVIEWER, None)}
    assert trail == ["role.grant"] * 3 + ["role.revoke"] * 2


def test_users_grant_refuses_an_unknown_country_a_closed_account_and_a_stranger(
    app: Flask, write: Opened, read: Opened
) -> None:
    with write() as session:
        make_account(session, email="a@b.example")
        make_account(session, email="closed@b.example").is_disabled = True
    refused = [
        run(app, "users", "grant", "a@b.example", "--role", "focal_point", "--country", "XXX"),
        run(app, "users", "grant", "a@b.example", "--role", "focal_point"),
        run(app, "users", "grant", "closed@b.example", "--role", "officer"),
        run(app, "users", "grant", "x@b.example", "--role", "officer"),
        run(
            app,
            "users",
            "add",
            "--email",
            "n@b.example",
            "--name",
            "N",
            "--role",
            "partner",
            "--country",
            "XXX",
        ),
    ]
    with read() as session:
        n_grants = session.execute(sa.select(sa.func.count()).select_from(RoleGrant)).scalar_one()

    assert [said(answer) for answer in refused] == [
        (1, "country: There is no “XXX” in this list."),
        (1, "country: A focal point needs the country it is the focal point of."),
        (1, "This account is closed. Open it before you change its roles."),
        (1, "There is no account with the address x@b.example."),
        (1, "country: There is no “XXX” in this list."),
    ]
    assert n_grants == 0


def test_tokens_add_prints_a_token_that_works_and_revoke_ends_it(
    app: Flask, write: Opened, read: Opened
) -> None:
    with write() as session:
        make_account(session, Role.OFFICER, email="a@b.example")
    made = run(app, "tokens", "add", "--email", "a@b.example", "--name", "export", "--scope", "read")
    with read() as session:
        number = session.execute(sa.select(ApiToken.id)).scalar_one()
        stored = session.execute(sa.select(ApiToken.token_hash)).scalar_one()
    revoked = run(app, "tokens", "revoke", str(number))

    assert (made.exit_code, revoked.exit_code) == (0, 0)
    assert made.stdout.startswith("cap_")
    assert made.stdout.strip() not in stored


def test_tokens_add_refuses_scopes_beyond_the_account(app: Flask, write: Opened) -> None:
    with write() as session:
        make_account(session, Role.PARTNER, email="a@b.example")

    result = run(app, "tokens", "add", "--email", "a@b.example", "--name", "x", "--scope", "manage")

    assert said(result) == (1, "scopes: More than the account itself may do: manage.")


def test_audit_verify_names_the_first_faulty_event(app: Flask, write: Opened) -> None:
    with write() as session:
        made = make_draft(session)
    with write() as session:
        make_draft(session)
    whole = run(app, "audit", "verify")
    with app.app_context(), db.engine.begin() as connection:
        _tamper(connection)
    broken = run(app, "audit", "verify")

    assert made.resume_secret
    assert whole.exit_code == 0
    assert said(broken) == (1, "Event 1: its content was changed.")


def _tamper(connection: sa.Connection) -> None:
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("DROP TRIGGER audit_event_no_update")
    else:
        connection.exec_driver_sql("ALTER TABLE audit_event DISABLE TRIGGER USER")
    connection.execute(sa.update(AuditEvent).where(AuditEvent.sequence == 1).values(actor="account:1"))
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql(
            "CREATE TRIGGER audit_event_no_update BEFORE UPDATE ON audit_event"
            " BEGIN SELECT RAISE(ABORT, 'audit events are append-only'); END"
        )
    else:
        connection.exec_driver_sql("ALTER TABLE audit_event ENABLE TRIGGER USER")


def test_settings_show_no_secret(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SECRET_KEY", "do-not-show-me")
    monkeypatch.setenv("SMTP_URL", "smtp://user:do-not-show-me@host")
    monkeypatch.setenv("DATABASE_URL", "postgresql+psycopg://user:do-not-show-me@host/name")

    result = run(app, "settings", "--json")
    shown = {line["name"]: line["value"] for line in map(json.loads, result.output.splitlines())}

    assert "do-not-show-me" not in result.output
    assert shown["DATABASE_URL"] == "postgresql+psycopg://user:***@host/name"
    assert (shown["SECRET_KEY"], shown["AUDIT_KEY"]) == ("(set)", "(not set)")


@pytest.mark.parametrize(
    "words",
    [
        ("users", "list"),
        ("jobs", "status"),
        ("audit", "verify"),
        ("index", "rebuild"),
        ("seed", "reference"),
        ("tokens", "revoke", "3"),
    ],
    ids=" ".join,
)
def test_command_without_tables_says_what_to_run(tmp_path: Path, words: tuple[str, ...]) -> None:
    app = create_app(settings_for(f"sqlite:///{tmp_path}/empty.sqlite", tmp_path))

    result = run(app, *words)

    assert result.exit_code == 1
    assert "run `flask --app app db upgrade` first" in result.output
