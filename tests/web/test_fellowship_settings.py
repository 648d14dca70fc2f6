"""The settings of a fellowship call in the browser, without a script: rows by buttons, errors by cell."""

from __future__ import annotations

import re
from datetime import timedelta

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Fellowship
from services import calls
from services.clock import utc_now
from services.fellowships import settings
from services.sessions import actor_of_account
from tests.factories import make_account, make_actor
from tests.fellowship_factories import MARKS, make_fellowship
from tests.fixtures import Opened
from tests.signing_in import sign_in
from tests.web.test_fellowships import send, version_on
from vocabulary.people import Role
from vocabulary.states import CallKind, CallState


def draft(session: Session) -> Call:
    """A draft of a fellowship call without its settings."""
    now = utc_now()
    content = {
        "kind": CallKind.FELLOWSHIP,
        "opens_at": now + timedelta(days=1),
        "closes_at": now + timedelta(days=30),
        "title": {"en": "Fellows for the assessment"},
        "text": {"en": "Apply."},
    }
    ref = calls.create_call(session, make_actor(session, Role.OFFICER), content, now=now).ref
    return session.execute(sa.select(Call).where(Call.ref == ref)).scalar_one()


def values_in(page: str) -> list[str]:
    """The values of the targets as a page shows them."""
    return re.findall(r'name="targets\.\d+\.value" type="text" value="([^"]*)"', page)


def typed(call: Call) -> dict[str, str]:
    """A form filled in rightly."""
    until = f"{call.closes_at + timedelta(days=7):%Y-%m-%dT%H:%M}"
    return {
        "body": "assessment",
        "selecting_body": "Management committee",
        "n_seats": "3",
        "nominators_until": until,
        "mark_low": "0",
        "mark_high": "10",
        "mark_step": "2",
        "marks.0.code": "merit",
        "marks.0.weight": "2",
        "marks.0.title.en": "Merit",
        "marks.0.anchors.en": "0: not shown\n8: very convincing",
        "marks.0.anchors.fr": "8：très convaincant",
        "chapters.0.code": "1",
        "chapters.0.seats": "3",
        "chapters.0.title.en": "Drivers",
        "targets.0.attribute": "gender",
        "targets.0.value": "Woman",
        "targets.0.least": "1",
        "targets.0.kind": "hard",
        "targets.0.weight": "1",
        "targets.1.kind": "soft",
        "targets.1.weight": "1",
        "caps.0.attribute": "country",
        "caps.0.most": "1",
    }


def test_officer_writes_the_settings_of_a_draft(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        call = draft(session)
        ref, form = call.ref, typed(call)
        officer = make_account(session, Role.OFFICER).id
    url = f"/en/fellowships/{ref}/settings"
    sign_in(app, client, officer)
    before = client.get(url)

    answer = send(client, url, form)

    assert before.status_code == 200
    assert answer.status_code == 303, answer.text
    with write() as session:
        found = session.execute(sa.select(Fellowship)).scalar_one()
        assert (found.n_seats, found.mark_step) == (3, 2)
        assert found.targets == [
            {"attribute": "gender", "value": "woman", "least": 1, "most": None, "kind": "hard", "weight": 1}
        ]
        assert found.caps == [{"attribute": "country", "most": 1}]
        assert found.marks == [
            {
                "code": "merit",
                "title": {"en": "Merit"},
                "anchors": {
                    "0": {"en": "not shown"},
                    "8": {"en": "very convincing", "fr": "très convaincant"},
                },
                "weight": 2,
            }
        ]
        assert found.chapters == [{"code": "1", "title": {"en": "Drivers"}, "seats": 3}]
    page = client.get(url).text
    assert values_in(page) == ["Woman"]
    assert "8: very convincing" in page


def test_rows_come_and_go_by_buttons_and_nothing_typed_is_lost(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        call = draft(session)
        ref, form = call.ref, typed(call)
        officer = make_account(session, Role.OFFICER).id
    url = f"/en/fellowships/{ref}/settings"
    sign_in(app, client, officer)

    more = send(client, url, form | {"add": "targets"})
    fewer = send(client, url, form | {"remove": "targets.0"})
    beyond = send(client, url, form | {"remove": "targets.99999999"})

    assert (more.status_code, fewer.status_code, beyond.status_code) == (200, 200, 200)
    assert 'name="targets.2.attribute"' in more.text
    assert 'value="Management committee"' in more.text
    assert [values_in(one.text) for one in (more, fewer, beyond)] == [["Woman", "", ""], [""], ["Woman", ""]]
    with write() as session:
        assert session.execute(sa.select(sa.func.count(Fellowship.id))).scalar_one() == 0


def test_each_wrong_cell_says_what_is_wrong_with_it(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        call = draft(session)
        ref, form = call.ref, typed(call)
        officer = make_account(session, Role.OFFICER).id
    url = f"/en/fellowships/{ref}/settings"
    sign_in(app, client, officer)
    wrong = {
        "targets.0.value": "Womn",
        "targets.0.least": "5",
        "targets.1.attribute": "country",
        "targets.1.value": "KEN",
        "targets.1.most": "many",
        "marks.0.anchors.en": "7 odd",
        "chapters.0.seats": "2",
        "mark_step": "3",
    }

    unreadable = send(client, url, form | {"marks.0.anchors.en": "7 odd"})
    unloadable = send(client, url, form | {key: wrong[key] for key in wrong if key.startswith("targets.1")})
    unmeant = send(
        client,
        url,
        form
        | {key: wrong[key] for key in wrong if "targets.1" not in key and "anchors" not in key}
        | {"marks.0.anchors.en": "7: odd"},
    )

    def said(page: str) -> dict[str, str]:
        found = re.findall(r'<span class="error" id="f-([^"]+)-error">.*?</span>\s*(.*?)\s*</span>', page)
        return {name: re.sub(r"</?bdi>", "", text) for name, text in found}

    assert [one.status_code for one in (unreadable, unloadable, unmeant)] == [422, 422, 422]
    assert said(unreadable.text) == {
        "marks.0.anchors": "“7 odd”: write a mark, a colon and the words, such as “8: very convincing”."
    }
    assert said(unloadable.text) == {"targets.1.most": "This must be a whole number."}
    assert said(unmeant.text) == {
        "mark_high": "The highest mark lies above the lowest by a whole number of steps.",
        "targets.0.value": "“Womn” is none of woman, man and other.",
        "targets.0.least": "The minimum 5 is above the maximum 3.",
        "marks.0.anchors": "“7” is no mark; write 0 to 10 in steps of 3.",
    }
    assert "The chapters have 2 seats together; the call has 3." in unmeant.text


def test_second_person_announces_and_then_only_the_targets_change(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        call = draft(session)
        ref, form, version = call.ref, typed(call), call.version
        writer = make_account(session, Role.DECIDER).id
        other = make_account(session, Role.DECIDER).id
    url = f"/en/fellowships/{ref}/settings"
    sign_in(app, client, other)
    bare = send(client, f"/en/calls/{ref}/publication", {"version": version})
    sign_in(app, client, writer)
    send(client, url, form)
    own = send(client, f"/en/calls/{ref}/publication", {"version": version})
    sign_in(app, client, other)
    announced = send(client, f"/en/calls/{ref}/publication", {"version": version})
    page = client.get(url).text

    changed = send(client, url, form | {"version": version_on(page), "n_seats": "9", "targets.0.least": "2"})

    assert bare.status_code == 422
    assert "Say first how many fellows are chosen, by whom and by what." in bare.text
    assert (own.status_code, announced.status_code, changed.status_code) == (403, 303, 303)
    assert 'name="n_seats"' not in page
    with write() as session:
        found = session.execute(sa.select(Fellowship)).scalar_one()
        assert (found.n_seats, found.targets[0]["least"]) == (3, 2)


def test_stale_form_is_told_what_differs(app: Flask, client: FlaskClient, write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        officer = make_account(session, Role.OFFICER).id
    url = f"/en/fellowships/{ref}/settings"
    sign_in(app, client, officer)
    version = version_on(client.get(url).text)
    row = {"targets.0.attribute": "gender", "targets.0.value": "Man", "targets.0.least": "1"}
    send(client, url, row | {"version": version})

    late = send(client, url, row | {"version": version, "targets.0.least": "2"})

    assert late.status_code == 409
    assert "What you typed differs from what is kept now in: Targets." in late.text


def test_new_version_begins_with_the_settings_of_the_one_before(write: Opened) -> None:
    now = utc_now()
    with write() as session:
        call = draft(session)
        officer = actor_of_account(session, make_account(session, Role.OFFICER).id)
        content = {
            "selecting_body": "Committee",
            "n_seats": 2,
            "nominators_until": call.closes_at + timedelta(days=1),
            "marks": MARKS,
            "targets": [{"attribute": "gender", "value": "man", "least": 1}],
        }
        settings.set_fellowship(session, officer, call.ref, content, None, now=now)
        call.state = CallState.SCHEDULED
        session.flush()

        made = calls.new_version(session, officer, call.ref, now=now).ref

        sheet = settings.read_fellowship(session, officer, made, now=now)
        assert {name: sheet.content[name] for name in content} == content
