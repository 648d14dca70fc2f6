"""Two worlds that differ in hidden values only, and what everybody is told in each.

Hidden values are changed in the database behind the service's back. What is compared is everything that a
person is sent: status, headers and body of every answer. Left out is what differs every time, and nothing
else: UNSTABLE and UNTOLD say what that is.
"""

from __future__ import annotations

import io
import re
import shutil
import sqlite3
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

import pytest
import sqlalchemy as sa
from werkzeug.routing import Rule

from models.database import db
from models.decisions import Decision
from models.entries import Entry
from models.reference import Criterion
from models.reviews import Assignment, ConflictDeclaration, CriterionScore, Review
from services.clock import utc_now
from services.queries.filters import SORTS
from services.transaction import transaction
from tests.factories import make_account
from tests.house.sweep_world import ABOUT, LINK_HOLDER, OWNER, SIGNED_OUT_NAME, STRANGER
from tests.house.test_access_sweep import Place, rules
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

OUTSIDE = (SIGNED_OUT_NAME, STRANGER, OWNER, LINK_HOLDER, "requester", "partner", "nominator", "focal_point")
STAFF = ("officer", "moderator", "decider", "auditor", "admin")
UNSTABLE = re.compile(
    r"[0-9a-f]{32,64}|csrf_token[^>]*|\"?request_id\"?[^,}]*|Reference of this page[^<]*|nonce-[^'\"]*"
)
"""What differs from one answer to the next: tokens of forms and ids of requests."""

UNTOLD = frozenset({"X-Request-ID", "Set-Cookie", "Date"})
NOT_ASKED = frozenset(
    {
        "static",
        "health.metrics",
        "health.ready",
        "api_documents.health_ready",
        "account.show",
        "account.export",
        "api_account.list_tokens",
    }
)
"""Routes that show nothing of anybody, or when one's own sign-in and token were last used."""


WORDS = ("Another", "summary", "Never", "cousin", "Second", "reserve", "places")
QUERIES: Mapping[str, Sequence[str]] = {
    **{
        endpoint: (
            *(f"q={word}" for word in WORDS),
            *(f"sort={sort}" for sort in SORTS),
            "state=submitted&sort=title",
        )
        for endpoint in (
            *("entries.requests", "entries.requests_file", "api_requests.get_list"),
            *("entries.offers", "api_offers.get_list"),
        )
    },
    "screening.received": ("show=all",),
    "trail.show": ("by=person", "action=review.submit", "action=decision.propose"),
    "api_trail.get_list": ("action=review.submit", "limit=1"),
    "outbox.show_all": ("state=queued", "state=sent", "state=failed", "page=2"),
    "lookups.entries": ("q=Another title", "q=Mentors"),
    "lookups.organisations": ("q=Institute", "q=Another"),
}
"""What lists are asked for besides: words that stand in hidden places, other orders, other states."""


@dataclass(frozen=True, slots=True)
class Hidden:
    """A value, how it is changed, and who may not see it."""

    name: str
    statement: str
    personas: tuple[str, ...]


BEFORE_DELIBERATION = (*OUTSIDE, "auditor", "admin")
HIDDEN = (
    Hidden(
        "who reviews",
        "UPDATE assignment SET account_id = :second WHERE ref = :assignment",
        BEFORE_DELIBERATION,
    ),
    Hidden("a score", "UPDATE criterion_score SET value = 3 WHERE review_id = :review", BEFORE_DELIBERATION),
    Hidden(
        "a reviewer's words",
        "UPDATE review SET comment_internal = 'Never', recommendation = 'abstain' WHERE id = :review",
        BEFORE_DELIBERATION,
    ),
    Hidden(
        "an answer to the conflict question",
        "UPDATE conflict_declaration SET answer = 'possible', text = 'A cousin' WHERE account_id = :second",
        (*OUTSIDE, "reviewer", "admin"),
    ),
    Hidden(
        "the text of a draft",
        "UPDATE entry SET summary = 'Another summary', title = 'Another title' WHERE ref = :draft",
        (SIGNED_OUT_NAME, STRANGER, "requester", "partner", "nominator", "focal_point", "reviewer", *STAFF),
    ),
    Hidden(
        "a decision that is not released",
        "UPDATE decision SET outcome = 'reserve', reason = 'No places left' WHERE ref = :decision",
        (*OUTSIDE, "reviewer", "auditor", "admin"),
    ),
)
ABOUT_THE_ENTRY = (
    *(one for one in HIDDEN if one.name not in ("the text of a draft", "an answer to the conflict question")),
    Hidden("the content of the entry", "UPDATE entry SET need = 'Another need' WHERE ref = :request", ()),
)
"""What is hidden from everybody who has a conflict of interest on the entries, whatever their office."""


@dataclass(slots=True)
class Scene:
    """The little world with a review under way, a decision waiting, and the names of what is hidden."""

    place: Place
    names: Mapping[str, object]

    def change(self, statement: str) -> None:
        """Change a value behind the service's back."""
        self._write(statement)

    def _write(self, statement: str) -> None:
        with self.place.app.app_context():
            db.engine.dispose()
        connection = sqlite3.connect(self.place.folder / "world")
        try:
            used = {name: value for name, value in self.names.items() if f":{name}" in statement}
            changed = connection.execute(statement, used).rowcount
            connection.commit()
        finally:
            connection.close()
        assert changed > 0, f"nothing was changed by {statement}"
        self.place.app.extensions["capmatch_public_answers"].forget()

    def answers(self, personas: tuple[str, ...], only: frozenset[str] = frozenset()) -> dict[str, str]:
        """All that these people can read: "persona address" to a fingerprint of status, headers and body."""
        found = {}
        for persona in personas:
            browser = self.place.browser(persona)
            for rule, method in rules(self.place.app):
                if method != "GET" or rule.endpoint not in ABOUT or is_left_out(rule):
                    continue
                is_api = rule.rule.startswith("/api/")
                if (is_api and persona == LINK_HOLDER) or (only and rule.endpoint not in only):
                    continue
                headers = self.place.headers.get(persona, {}) if is_api else {}
                for query in ("", *QUERIES.get(rule.endpoint, ())):
                    path = self.place.path(rule) + (f"?{query}" if query else "")
                    answer = browser.get(path, headers=headers)
                    found[f"{persona} {path}"] = fingerprint(answer)
                    answer.close()
        return found

    def keep(self) -> None:
        """From now on the world is put back to what it is now."""
        if not (self.place.folder / "first").exists():
            shutil.copyfile(self.place.folder / "copy", self.place.folder / "first")
        with self.place.app.app_context():
            db.engine.dispose()
        source, target = (sqlite3.connect(self.place.folder / name) for name in ("world", "copy"))
        source.backup(target)
        source.close()
        target.close()

    def end(self) -> None:
        """Put the first world back."""
        if (self.place.folder / "first").exists():
            (self.place.folder / "first").replace(self.place.folder / "copy")
        self.place.put_back()


def is_left_out(rule: Rule) -> bool:
    """Routes that tell the time, and those whose address is a secret made up anew each time."""
    return rule.endpoint in NOT_ASKED or "secret" in rule.arguments


def unpacked(body: bytes) -> bytes:
    """The names and contents of an archive; its signature differs with the time that stands in it."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        names = [name for name in archive.namelist() if not name.endswith(".sig")]
        return repr([(name, archive.read(name).decode("utf-8", "replace")) for name in names]).encode()


def fingerprint(answer: object, besides: re.Pattern[str] | None = None) -> str:
    """Status, headers and body, without what differs every time."""
    body = answer.get_data()  # type: ignore[attr-defined]
    if answer.mimetype == "application/zip":  # type: ignore[attr-defined]
        body = unpacked(body)
    text = UNSTABLE.sub("", body.decode("utf-8", "replace"))
    text = besides.sub("", text) if besides else text
    every = answer.headers  # type: ignore[attr-defined]
    told = sorted((name, value) for name, value in every if name not in UNTOLD)
    headers = UNSTABLE.sub("", repr([pair for pair in told if pair[0] != "Content-Length"]))
    said = f"{answer.status_code}\n{headers}\n{text}"  # type: ignore[attr-defined]
    return sha256(said.encode()).hexdigest()


@pytest.fixture
def scene(place: Place) -> Iterator[Scene]:
    """A score and words in the review, a second reviewer who answered too, and a way back."""
    with place.app.app_context(), transaction() as session:
        assignment = session.execute(
            sa.select(Assignment).where(Assignment.ref == place.world.assignment)
        ).scalar_one()
        review = session.execute(sa.select(Review).where(Review.assignment_id == assignment.id)).scalar_one()
        criterion = session.execute(sa.select(sa.func.min(Criterion.id))).scalar_one()
        session.add(CriterionScore(review_id=review.id, criterion_id=criterion, value=1, parts={}))
        second = make_account(session, Role.REVIEWER, email="second@people.example", name="Second Reviewer")
        declared(session, assignment.entry_id, second.id, ConflictAnswer.NONE)
        decision = (
            session.execute(
                sa.select(Decision.ref).where(Decision.released_at.is_(None)).order_by(Decision.id)
            )
            .scalars()
            .first()
        )
        names = {
            "second": second.id,
            "assignment": assignment.ref,
            "review": review.id,
            "draft": place.world.draft,
            "request": place.world.request,
            "decision": decision,
        }
    made = Scene(place, names)
    made.keep()
    yield made
    made.end()


def declared(session: object, entry_id: int, account_id: int, answer: ConflictAnswer) -> None:
    """What somebody said about an entry, without what follows from it."""
    now = utc_now()
    session.add(  # type: ignore[attr-defined]
        ConflictDeclaration(
            entry_id=entry_id,
            account_id=account_id,
            answer=answer,
            kinds=[],
            answered_at=now,
            created_at=now,
            updated_at=now,
        )
    )


def differing(scene: Scene, hidden: Sequence[Hidden], personas: tuple[str, ...]) -> list[str]:
    """Answers to these people that the change of these values changes."""
    before = scene.answers(personas)
    for one in hidden:
        scene.change(one.statement)
    after = scene.answers(personas)
    return [name for name, told in after.items() if told != before[name]]


def conflicted(scene: Scene) -> list[str]:
    """Everybody with an office has a conflict of interest on two entries; returns their addresses."""
    world = scene.place.world
    with scene.place.app.app_context(), transaction() as session:
        refs = (world.request, decided_entry(session, scene))
        for entry in session.execute(sa.select(Entry).where(Entry.ref.in_(refs))).scalars():
            for persona in STAFF:
                declared(session, entry.id, world.accounts[persona], ConflictAnswer.CONFLICT)
    scene.keep()
    return [f"{persona}@people.example" for persona in STAFF]


def decided_entry(session: object, scene: Scene) -> str:
    """The entry of the decision that is not released."""
    found: str = session.execute(  # type: ignore[attr-defined]
        sa.select(Entry.ref)
        .join(Decision, Decision.entry_id == Entry.id)
        .where(Decision.ref == scene.names["decision"])
    ).scalar_one()
    return found
