"""Two worlds that differ in one hidden value look alike to whoever may not see it: every page, header, count,
order, export, feed and API answer, byte for byte.

Hidden values are changed in the database behind the service's back, every route that can be read is asked
by everybody who may see none of them, and the answers are compared with those before. Somebody with a
conflict of interest on an entry sees nothing of it whatever their office, so for them all of it is hidden.

The index of matches is not built anew in between: how common a word is, it counts over all entries that its
readers may see. Whoever has a conflict of interest has one without the hidden entries, which
tests/services/test_matches.py fits anew.
"""

from __future__ import annotations

import re
import sqlite3
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
from services.transaction import transaction
from tests.factories import make_account
from tests.house.sweep_world import ABOUT, LINK_HOLDER, OWNER, SIGNED_OUT_NAME, STRANGER
from tests.house.test_access_sweep import Place, place, rules
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

__all__ = ["place"]
pytestmark = pytest.mark.slow

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

    def answers(self, personas: tuple[str, ...]) -> dict[str, str]:
        """All that these people can read: "persona address" to a fingerprint of status, headers and body."""
        found = {}
        for persona in personas:
            browser = self.place.browser(persona)
            for rule, method in rules(self.place.app):
                if method != "GET" or rule.endpoint not in ABOUT or is_left_out(rule):
                    continue
                is_api = rule.rule.startswith("/api/")
                if is_api and persona == LINK_HOLDER:
                    continue
                path = self.place.path(rule)
                headers = self.place.headers.get(persona, {}) if is_api else {}
                answer = browser.get(path, headers=headers)
                found[f"{persona} {path}"] = fingerprint(answer)
                answer.close()
        return found


def is_left_out(rule: Rule) -> bool:
    """Routes that tell the time, and those whose address is a secret made up anew each time."""
    return rule.endpoint in NOT_ASKED or "secret" in rule.arguments


def fingerprint(answer: object) -> str:
    """Status, headers and body, without what differs every time."""
    body = answer.get_data()  # type: ignore[attr-defined]
    text = UNSTABLE.sub("", body.decode("utf-8", "replace"))
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
    yield Scene(place, names)
    place.put_back()


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


def test_what_is_hidden_changes_no_answer(scene: Scene) -> None:
    seen_by_nobody_outside = [one for one in HIDDEN if one.name != "the text of a draft"]
    draft = next(one for one in HIDDEN if one.name == "the text of a draft")
    nobody = tuple(
        name for name in (*OUTSIDE, *STAFF) if all(name in one.personas for one in seen_by_nobody_outside)
    )

    different = differing(scene, seen_by_nobody_outside, nobody) + differing(scene, [draft], draft.personas)

    if different:
        pytest.fail("\n".join(different), pytrace=False)


def differing(scene: Scene, hidden: Sequence[Hidden], personas: tuple[str, ...]) -> list[str]:
    """Answers to these people that the change of these values changes."""
    before = scene.answers(personas)
    for one in hidden:
        scene.change(one.statement)
    after = scene.answers(personas)
    return [name for name, told in after.items() if told != before[name]]


def test_who_has_a_conflict_sees_nothing_of_the_entry_whatever_the_office(scene: Scene) -> None:
    with scene.place.app.app_context(), transaction() as session:
        refs = (scene.place.world.request, _decided(session, scene))
        for entry in session.execute(sa.select(Entry).where(Entry.ref.in_(refs))).scalars():
            for persona in STAFF:
                declared(session, entry.id, scene.place.world.accounts[persona], ConflictAnswer.CONFLICT)

    told_apart = differing(scene, ABOUT_THE_ENTRY, STAFF)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def _decided(session: object, scene: Scene) -> str:
    """The entry of the decision that is not released."""
    found: str = session.execute(  # type: ignore[attr-defined]
        sa.select(Entry.ref)
        .join(Decision, Decision.entry_id == Entry.id)
        .where(Decision.ref == scene.names["decision"])
    ).scalar_one()
    return found


def test_a_value_that_may_be_seen_does_change_an_answer(scene: Scene) -> None:
    before = scene.answers(("officer",))
    scene.change("UPDATE entry SET title = 'Quite another title' WHERE ref = :request")
    after = scene.answers(("officer",))

    assert any(told != before[name] for name, told in after.items())
