"""`flask seed …`: only where it belongs, and said in words."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from models.people import Account
from seed.load import load_demo, new_password
from services.clock import utc_now
from services.passwords import faults_of
from tests.factories import make_account, make_submitted
from tests.fixtures import Opened
from vocabulary.errors import Conflict, Refused


def run(app: Flask, *arguments: str) -> Result:
    return app.test_cli_runner().invoke(args=["seed", *arguments])


def test_seed_reference_writes_nothing_when_it_is_up_to_date(app: Flask) -> None:
    result = run(app, "reference")

    assert (result.exit_code, result.output) == (0, "The reference data is up to date.\n")


def test_seed_demo_is_refused_in_production(
    app: Flask, read: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(app.config["SETTINGS"], environment="production")
    monkeypatch.setitem(app.config, "SETTINGS", settings)

    result = run(app, "demo")

    with read() as session:
        n_accounts = session.execute(sa.select(sa.func.count()).select_from(Account)).scalar_one()
    assert (result.exit_code, n_accounts) == (1, 0)
    assert result.output == (
        "The demonstration world is not loaded here: CAPMATCH_ENV is production. Set it to demo, with a"
        " database of its own.\n"
    )


@pytest.mark.parametrize("environment", ["production", "staging", ""])
def test_loading_is_refused_wherever_it_was_not_allowed(app: Flask, environment: str) -> None:
    with app.app_context(), pytest.raises(Refused):
        load_demo(environment=environment, now=utc_now())


def test_seed_demo_keeps_off_other_peoples_data(app: Flask, write: Opened) -> None:
    with write() as session:
        make_account(session)
        make_submitted(session)

    result = run(app, "demo")

    assert (result.exit_code, result.output) == (
        1,
        "The database holds 1 entries and 1 accounts already. The demonstration world goes into an empty"
        " database only: name another with CAPMATCH_DATA or DATABASE_URL.\n",
    )


def test_loading_is_refused_where_the_list_names_others(app: Flask, write: Opened) -> None:
    with write() as session:
        make_account(session)
    path = app.config["SETTINGS"].data_dir / "demo.json"
    path.write_text('{"address": "x", "accounts": [{"email": "requester@capmatch.example"}]}')

    with app.app_context(), pytest.raises(Conflict):
        load_demo(environment="test", now=utc_now())

    path.unlink()


@pytest.mark.parametrize(
    "arguments", [("--size", "0"), ("--size", "many"), ("--random-seed", "x"), ("--big",)]
)
def test_seed_demo_ends_with_2_for_wrong_use(app: Flask, arguments: tuple[str, ...]) -> None:
    assert run(app, "demo", *arguments).exit_code == 2


def test_new_password_is_good_enough_and_never_the_same() -> None:
    made = {new_password() for _ in range(50)}

    assert len(made) == 50
    assert [faults_of(password) for password in made if faults_of(password)] == []
