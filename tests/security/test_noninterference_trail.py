"""The history and its file and API say the same, whatever is hidden from the reader.

Two worlds that differ in a hidden value, and two that differ in a whole review and decision: events, not only
values. The service makes both worlds itself, so what is compared is what it really records.
"""

from __future__ import annotations

import sqlalchemy as sa

from models.audit import AuditEvent
from models.calls import Call
from models.entries import Entry
from models.reviews import Review
from services import audit
from services.clock import utc_now
from services.entry_notes import write_note
from services.sessions import actor_of_account
from services.transaction import transaction
from tests.house.sweep_world import LINK_HOLDER, OWNER, SIGNED_OUT_NAME
from tests.house.test_access_sweep import place
from tests.security.two_worlds import ABOUT_THE_ENTRY, HIDDEN, OUTSIDE, STAFF, Scene, conflicted, scene
from vocabulary.people import SYSTEM, Role

__all__ = ["place", "scene"]
TRAIL = frozenset({"trail.show", "trail.as_file", "api_trail.get_list"})


def told(scene: Scene, personas: tuple[str, ...]) -> dict[str, str]:
    return scene.answers(personas, TRAIL)


def differing(before: dict[str, str], after: dict[str, str]) -> list[str]:
    return [name for name, answer in after.items() if answer != before[name]]


def test_hidden_values_change_no_history(scene: Scene) -> None:
    for one in HIDDEN:
        before = told(scene, one.personas)
        scene.change(one.statement)

        assert (one.name, differing(before, told(scene, one.personas))) == (one.name, [])


def test_conflict_hides_values_from_the_history_of_every_office(scene: Scene) -> None:
    conflicted(scene)
    before = told(scene, STAFF)

    for one in ABOUT_THE_ENTRY:
        scene.change(one.statement)

    assert differing(before, told(scene, STAFF)) == []


def events_on(scene: Scene) -> int:
    """A review, a ruling, a note, a decision and more on the entry of the scene; returns how many events."""
    world = scene.place.world
    now = utc_now()
    with scene.place.app.app_context(), transaction() as session:
        officer = actor_of_account(session, world.accounts[Role.OFFICER.value])
        entry = session.execute(sa.select(Entry).where(Entry.ref == world.request)).scalar_one()
        call = session.get_one(Call, entry.call_id)
        n_before = session.scalar(sa.select(sa.func.count(AuditEvent.sequence))) or 0
        write_note(session, officer, entry.ref, "A hidden note.", now=now)
        for action, subject in (
            ("review.submit", ("review", world.review)),
            ("assignment.accept", ("assignment", world.assignment)),
            ("conflict.rule", ("entry", entry.ref)),
            ("entry.mark_ineligible", ("entry", entry.ref)),
            ("entry.start_review", ("entry", entry.ref)),
            ("decision.propose", ("decision", str(scene.names["decision"]))),
            ("decision.approve", ("decision", str(scene.names["decision"]))),
        ):
            audit.record(
                session, officer, action, subject, now=now, after={"state": "decided"}, reason="Hidden."
            )
        audit.record(
            session, SYSTEM, "decision.release", ("call", call.ref), now=now, after={"decisions": [entry.ref]}
        )
    with scene.place.app.app_context(), transaction() as session:
        return (session.scalar(sa.select(sa.func.count(AuditEvent.sequence))) or 0) - n_before


def test_what_the_panel_does_changes_no_history_outside(scene: Scene) -> None:
    outside = tuple(name for name in OUTSIDE if name not in (LINK_HOLDER, SIGNED_OUT_NAME))
    before, by_officer = told(scene, outside), told(scene, ("officer",))

    n_events = events_on(scene)

    assert n_events >= 9
    assert OWNER in outside
    assert differing(before, told(scene, outside)) == []
    assert differing(by_officer, told(scene, ("officer",))) != []


def test_what_is_done_to_an_entry_changes_no_history_of_somebody_with_a_conflict(scene: Scene) -> None:
    world = scene.place.world
    conflicted(scene)
    before = told(scene, STAFF)
    statement = "UPDATE conflict_declaration SET answer = 'none' WHERE account_id = {n}"

    with scene.place.app.app_context(), transaction() as session:
        reviewer = actor_of_account(session, world.accounts[Role.REVIEWER.value])
        review = session.get_one(Review, scene.names["review"]).ref
        for action, subject in (
            ("review.save", ("review", review)),
            ("assignment.accept", ("assignment", world.assignment)),
            ("entry.edit", ("entry", world.request)),
            ("decision.approve", ("decision", str(scene.names["decision"]))),
        ):
            audit.record(session, reviewer, action, subject, now=utc_now(), after={"fields": ["title"]})
    after = told(scene, STAFF)
    scene.change(statement.format(n=world.accounts["auditor"]))

    assert differing(before, after) == []
    assert differing(after, told(scene, ("auditor",))) != []
