"""How does the demonstration world get into an empty database? All of it, then its list of accounts.

The world of about 200 entries is acted out in one transaction: it is there whole or not at all. Entries
beyond that, for load tests, follow in batches. `demo.json` in the data folder is written last; whoever finds
it finds a whole world. Never in production, and never beside anybody else's data.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.entries import Entry
from models.operation import OutgoingMail
from models.people import Account, Attempt, Organisation, PrivateLink
from seed.demo.plan import World
from seed.demo.reference import load_facts
from seed.demo.world import build_world
from seed.loading.bulk import batches, new_entry
from seed.loading.calls import plan_calls
from seed.loading.desk import plan_desk
from seed.loading.entries import plan_entries
from seed.loading.fellowships import plan_fellowships
from seed.loading.helping import plan_helping
from seed.loading.matches import plan_allocation, plan_matches
from seed.loading.panel import plan_panel
from seed.loading.people import plan_people
from seed.loading.recognised import plan_recognised
from seed.loading.stage import Stage, Timeline
from seed.loading.training import plan_training
from seed.reference import load_reference
from services.entries.bulk import Organisations, write_entries
from services.passwords import hash_password
from services.runtime import runtime
from services.sessions import actor_of_account
from services.tokens import LONGEST_DAYS, create_token, scopes_within
from services.transaction import reading, transaction
from vocabulary.errors import Conflict, Refused
from vocabulary.messages import Message
from vocabulary.people import SYSTEM, Role

DEFAULT_SEED = 1
ENVIRONMENTS = frozenset({"demo", "development", "test"})
LIST = "demo.json"
SYLLABLES = tuple(f"{first}{second}" for first in "bdfgklmnprstvz" for second in "aeiou")

Progress = Callable[[int, int], None]
"""Is told how many steps are done, and of how many."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """What is in the database now. `is_new` is False where the world was there before."""

    is_new: bool
    n_entries: int
    n_accounts: int
    list_path: Path


def load_demo(
    *,
    environment: str,
    now: datetime,
    size: int | None = None,
    random_seed: int = DEFAULT_SEED,
    progress: Progress = lambda done, total: None,
) -> Loaded:
    """Load the demonstration world; the same seed on the same day gives the same texts and references.

    Raises Refused in production, Conflict where the database holds anybody else's data.
    """
    if environment not in ENVIRONMENTS:
        raise Refused(
            Message(
                "The demonstration world is not loaded here: CAPMATCH_ENV is {environment}. Set it to demo,"
                " with a database of its own.",
                environment=environment,
            ),
            code="production",
        )
    found = _whole_world()
    if found is not None:
        return found
    password = new_password()
    world = build_world(size, random_seed, load_facts(), today=(now - timedelta(hours=12)).date())
    stage_calls = _act_out(world, hash_password(password), now, max(size or 0, len(world.entries)), progress)
    _grow(world, stage_calls, now, max(size or 0, len(world.entries)), progress)
    return _hand_over(world, password, now)


def new_password() -> str:
    """A password to read out, the same for every account of one world: "kato-miresu-lofani-48"."""
    words = ["".join(secrets.choice(SYLLABLES) for _ in range(n)) for n in (2, 3, 3)]
    return "-".join([*words, str(10 + secrets.randbelow(90))])


def _whole_world() -> Loaded | None:
    """The world that is there already, or None where there is room for it."""
    with reading() as session:
        path = runtime(session).data_dir / LIST
        counts = [
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (Entry, Account, Organisation, Call)
        ]
        if not any(counts):
            return None
        emails = set(session.execute(sa.select(Account.email)).scalars())
    if path.exists():
        listed = {account["email"] for account in json.loads(path.read_text(encoding="utf-8"))["accounts"]}
        if listed and listed <= emails:
            return Loaded(False, counts[0], counts[1], path)
    raise Conflict(
        Message(
            "The database holds {n_entries} entries and {n_accounts} accounts already. The demonstration"
            " world goes into an empty database only: name another with CAPMATCH_DATA or DATABASE_URL.",
            n_entries=counts[0],
            n_accounts=counts[1],
        ),
        code="not_empty",
    )


PLANS = (
    plan_people,
    plan_calls,
    plan_entries,
    plan_panel,
    plan_recognised,
    plan_training,
    plan_matches,
    plan_allocation,
    plan_desk,
    plan_helping,
    plan_fellowships,
)


def _act_out(
    world: World, password_hash: str, now: datetime, total: int, progress: Progress
) -> dict[str, str]:
    """Play the world through the use cases; returns the references of its calls."""
    with transaction() as session:
        load_reference(session, now=now)
        stage = Stage(session, world, Timeline(now), now, password_hash)
        for plan in PLANS:
            plan(stage)
        n_steps, n_played = len(stage.timeline), 0

        def played() -> None:
            nonlocal n_played
            n_played += 1
            progress(len(world.entries) * n_played // n_steps, total)

        stage.timeline.play(played)
        _send_nothing(session)
        return stage.calls


def _send_nothing(session: Session) -> None:
    """Nobody in the world reads mail: what the use cases queued is dropped, with the links that it held."""
    for model in (OutgoingMail, PrivateLink, Attempt):
        session.execute(sa.delete(model))


def _grow(world: World, calls: dict[str, str], now: datetime, total: int, progress: Progress) -> None:
    organisations = None
    n_entries = len(world.entries)
    for batch in batches(world.more_entries()):
        with transaction() as session:
            organisations = organisations or Organisations.of(session)
            ids = {row.ref: row.id for row in session.execute(sa.select(Call.ref, Call.id))}
            call_ids = {key: ids[ref] for key, ref in calls.items()}
            entries = [new_entry(plan, call_ids, now) for plan in batch]
            write_entries(session, SYSTEM, entries, organisations, "entry.load")
        n_entries += len(batch)
        progress(n_entries, total)


def _hand_over(world: World, password: str, now: datetime) -> Loaded:
    """A token for one account of each role, and the list of them, which is written last."""
    first = {person.role: person for person in reversed(world.people)}
    listed = []
    with transaction() as session:
        for role in Role:
            token = _token(session, first[role].email, now)
            listed.append(
                {"role": role.value, "email": first[role].email, "password": password, "token": token}
            )
        n_entries, n_accounts = (
            session.execute(sa.select(sa.func.count()).select_from(model)).scalar_one()
            for model in (Entry, Account)
        )
        at_home = runtime(session)
    path = at_home.data_dir / LIST
    _write(path, {"address": at_home.address, "accounts": listed})
    return Loaded(True, n_entries, n_accounts, path)


def _token(session: Session, email: str, now: datetime) -> str:
    account_id = session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one()
    made = create_token(
        session,
        SYSTEM,
        account_id,
        name="Demonstration",
        scopes=scopes_within(actor_of_account(session, account_id)),
        days=LONGEST_DAYS,
        now=now,
    )
    return made.secret


def _write(path: Path, content: dict[str, Any]) -> None:
    scratch = path.with_suffix(".new")
    scratch.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    scratch.chmod(0o600)
    scratch.replace(path)
