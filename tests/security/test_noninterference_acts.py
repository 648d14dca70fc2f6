"""Two worlds that differ in hidden values only: answers to acts, the mails they cause, the index of matches.

Every route that changes something is tried by people who may not see a hidden value, before and after it was
changed: the answer, with the page that follows, is the same. What is then written to those who may not see it
is the same whoever acted. Masked besides what two_worlds masks: times, links and tokens made up for the act.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from models.entries import Entry
from models.matches import Match
from models.people import Account
from services import match_index
from services.transaction import reading
from tests.house.sweep_world import ABOUT, LINK_HOLDER, OWNER, STRANGER
from tests.house.test_access_sweep import UNSAFE, place, rules
from tests.security.two_worlds import (
    ABOUT_THE_ENTRY,
    HIDDEN,
    Hidden,
    Scene,
    conflicted,
    fingerprint,
    scene,
)

__all__ = ["place", "scene"]
pytestmark = pytest.mark.slow

CHANGING = re.compile(r"\d{4}-\d{2}-\d{2}T[\d:.]+(\+00:00|Z)?|\d{1,2}:\d{2}(:\d{2})?|[\w-]{40,}")
"""What differs besides when the same act is done twice: its time, and links and tokens made up for it."""

ACTING = (OWNER, "partner", "admin")
DESK = ("officer", "decider")
"""Those who try every act; the others of their kind may no more."""

READING_THE_INDEX = frozenset(
    {
        *("matches.of_entry", "matches.pair", "coverage.show", "coverage.cell", "coverage.bundles"),
        *("alike.show_all", "lookups.entries", "api_requests.get_matches", "api_offers.get_matches"),
        *("api_requests.list_similar", "api_offers.list_similar", "api_reports.get_bundles"),
        *("api_reports.get_coverage", "api_alike.get_list"),
    }
)
"""Routes whose answers come from the words of all entries."""


def acts(
    scene: Scene, personas: tuple[str, ...], told: Sequence[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """All that these people can try, each in the world as it is, by "persona method address".

    What each is answered, with the page that follows, and what is then written to those told.
    """
    answers, mails = {}, {}
    for persona in personas:
        for rule, method in rules(scene.place.app):
            is_api = rule.rule.startswith("/api/")
            if method not in UNSAFE or rule.endpoint not in ABOUT or (is_api and persona == LINK_HOLDER):
                continue
            name, before = f"{persona} {method} {rule.rule}", written(scene)
            answer = scene.place.send(persona, rule, method, follow_redirects=not is_api)
            answers[name] = fingerprint(answer, CHANGING)
            mails[name] = CHANGING.sub("", repr(written(scene, len(before), told)))
            if answer.status_code < 400:
                scene.place.put_back()
    return answers, mails


def written(scene: Scene, skipped: int = 0, told: Sequence[str] = ()) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(scene.place.folder / "world")
    try:
        query = 'SELECT to_email, template, language, "values", state, subject_ref FROM outgoing_mail'
        rows = connection.execute(f"{query} ORDER BY id").fetchall()
    finally:
        connection.close()
    return [row for row in rows[skipped:] if not told or row[0] in told]


def differing_acts(
    scene: Scene,
    hidden: Sequence[Hidden],
    personas: tuple[str, ...],
    others: tuple[str, ...],
    told: Sequence[str],
) -> list[str]:
    """Acts of these people that are answered otherwise once these values are changed.

    And acts of theirs, or of the others, that write something else to those told.
    """
    answers, mails = acts(scene, personas, told)
    _, more_mails = acts(scene, others, told)
    for one in hidden:
        scene.change(one.statement)
    scene.keep()
    answers_after, mails_after = acts(scene, personas, told)
    _, more_after = acts(scene, others, told)
    both = [(answers, answers_after), (mails, mails_after), (more_mails, more_after)]
    return [name for before, after in both for name, words in after.items() if words != before[name]]


def written_to_outsiders(scene: Scene) -> list[str]:
    """The addresses of whoever submitted, and of everybody who holds no office."""
    world = scene.place.world
    outside = [world.accounts[name] for name in (STRANGER, OWNER, "requester", "partner", "nominator")]
    with scene.place.app.app_context(), reading() as session:
        known = session.execute(sa.select(Account.email).where(Account.id.in_(outside))).scalars()
        contacts = session.execute(sa.select(Entry.contact_email)).scalars()
        return sorted({*known, *(address for address in contacts if address)})


def test_what_is_hidden_changes_no_answer_to_an_act_and_no_mail(scene: Scene) -> None:
    outside = written_to_outsiders(scene)
    hidden = [one for one in HIDDEN if one.name != "the text of a draft"]

    told_apart = differing_acts(scene, hidden, ACTING, DESK, outside)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def test_no_act_tells_somebody_with_a_conflict_of_the_entry(scene: Scene) -> None:
    addresses = conflicted(scene)

    told_apart = differing_acts(scene, ABOUT_THE_ENTRY, DESK, (OWNER, "reviewer"), addresses)

    if told_apart:
        pytest.fail("\n".join(told_apart), pytrace=False)


def test_index_of_matches_built_anew_says_nothing_of_a_draft(scene: Scene) -> None:
    draft = next(one for one in HIDDEN if one.name == "the text of a draft")
    match_index.forget()  # so that both are built anew, and from everything
    before = scene.answers(draft.personas, READING_THE_INDEX)

    scene.change(draft.statement)
    match_index.forget()
    after = scene.answers(draft.personas, READING_THE_INDEX)

    assert len(before) >= 4 * len(draft.personas)
    assert [name for name, told in after.items() if told != before[name]] == []


LETTERS: tuple[tuple[str, str, str, dict[str, str]], ...] = (
    (OWNER, "request", "/requests/{request}/withdrawal", {"reason": "No longer needed.", "sure": "yes"}),
    ("officer", "match", "/matches/{match}/cancellation", {"reason": "For the pilot."}),
)
"""Acts that write to outsiders: who, on what, where, and what they send."""


def letters(scene: Scene, told: Sequence[str]) -> list[str]:
    """What is written to those told when each of these is done to the world as it is."""
    found = []
    world = scene.place.world
    refs = {"request": world.request, "match": world.match}
    for persona, kind, path, form in LETTERS:
        with scene.place.app.app_context(), reading() as session:
            model = {"request": Entry, "match": Match}[kind]
            version = session.execute(sa.select(model.version).where(model.ref == refs[kind])).scalar_one()
        before = written(scene)
        answer = scene.place.browser(persona).post(path.format(**refs), data=form | {"version": str(version)})
        assert answer.status_code == 303, (path, answer.status_code, answer.text[-2000:])
        found.append(CHANGING.sub("", repr(written(scene, len(before), told))))
        scene.place.put_back()
    return found


def test_mails_to_outsiders_say_nothing_hidden(scene: Scene) -> None:
    outside = written_to_outsiders(scene)

    before = letters(scene, outside)
    for one in HIDDEN:
        if one.name != "the text of a draft":
            scene.change(one.statement)
    scene.keep()
    after = letters(scene, outside)
    scene.change("UPDATE entry SET title = 'Quite another title' WHERE ref = :request")
    scene.keep()
    told = letters(scene, outside)

    assert all(mails != "[]" for mails in before)
    assert after == before
    assert any(now != then for now, then in zip(told, before, strict=True))
