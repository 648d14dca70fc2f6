"""A fellowship in the browser, without a script: the form, the nominator's page, marks, the room, the run."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from fellowships.checking import check
from models.fellowships import Nomination, ShortlistRun
from models.operation import OutgoingMail
from services.clock import utc_now
from services.fellowships import nominations, nominators, running
from services.fellowships.rows import fellowship_of
from services.sessions import actor_of_account
from services.transaction import transaction
from tests.factories import make_account
from tests.fellowship_factories import answers, make_fellowship
from tests.fixtures import Opened
from tests.services.test_fellowships import marked_call
from tests.signing_in import post, sign_in
from vocabulary.people import Role
from vocabulary.states import CallState


def send(client: FlaskClient, path: str, data: Mapping[str, object] = MappingProxyType({})) -> TestResponse:
    """Send a form with the token of this browser."""
    return post(client, path, data, page="/en/account")


def version_on(page: str) -> str:
    found = re.search(r'name="version" value="(\d+)"', page)
    assert found is not None
    return found.group(1)


FORM = {
    "person": ("first_name", "last_name", "gender", "born_on", "nationality", "country", "languages"),
    "work": ("organisation", "position"),
    "expertise": ("discipline", "knowledge", "expertise"),
    "motivation": ("statement",),
    "nominator": (
        "nominator_name",
        "nominator_email",
        "nominator_body",
        "nominator_kind",
        "nominator_country",
    ),
    "consent": ("interests",),
}


def test_nominee_fills_in_the_form_and_the_nominator_approves_it(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session, email="me@people.example").id
    sign_in(app, client, account)
    begun = send(client, f"/en/fellowships/{ref}/nominate")
    nomination = begun.location.split("/")[-3]
    given = answers()
    for section, names in FORM.items():
        url = f"/en/nominations/{nomination}/edit/{section}"
        data = {name: given[name] for name in names} | {"version": version_on(client.get(url).text)}
        if section == "work":
            data |= {"degrees.0.degree": "doctorate", "degrees.0.year": "2022"}
        if section == "consent":
            data |= {"consent_data": "yes"}
        saved = send(client, url, data=data)
        assert saved.status_code == 303, saved.text
    page = client.get(f"/en/nominations/{nomination}/check").text
    done = send(client, f"/en/nominations/{nomination}/submission", data={"version": version_on(page)})
    with write() as session:
        link = session.execute(
            sa.select(OutgoingMail.values).where(OutgoingMail.template == "nomination_approve")
        ).scalar_one()["link"]
    path = link.removeprefix("http://localhost")
    nobody = app.test_client()
    asked = nobody.get(path)
    without_time = post(nobody, path, data={"answer": "yes"})
    approved = post(nobody, path, data={"answer": "yes", "commits_time": "yes"})

    assert done.location == f"/en/nominations/{nomination}"
    assert "Amina Otieno asks you to be the nominator." in asked.text
    assert without_time.status_code == 422
    assert "A nomination counts only when its nominator commits the time." in without_time.text
    assert approved.status_code == 303
    assert "You approved this nomination" in nobody.get(path).text
    assert "Support for travel is likely" in client.get(f"/en/nominations/{nomination}").text


def test_page_of_a_nomination_speaks_to_the_nominee_and_to_others_about_the_nominee(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session, email="me@people.example")
        nominee = actor_of_account(session, account.id)
        made = nominations.begin(session, nominee, ref, answers(), now=utc_now())
        nominations.complete(session, nominee, made.ref, made.version, now=utc_now())
        path, nominee_id = f"/en/nominations/{made.ref}", account.id
        officer_id = make_account(session, Role.OFFICER).id
        link = session.execute(
            sa.select(OutgoingMail.values).where(OutgoingMail.template == "nomination_approve")
        ).scalar_one()["link"]
    sign_in(app, client, nominee_id)
    own = client.get(path).text
    other = app.test_client()
    sign_in(app, other, officer_id)
    told = other.get(path).text
    asked = app.test_client().get(link.removeprefix("http://localhost")).text

    assert "Your work and studies</h2>" in own
    assert "Country where you live" in own
    assert "Your nominator was asked by mail" in own
    assert "<bdi>Amina Otieno</bdi></h1>" in told
    assert "<bdi>Amina Otieno</bdi></h1>" not in own
    assert "1 March 1995" in told
    assert "Work and studies of the nominee</h2>" in told
    assert "The nominator was asked by mail" in told
    assert "Country of residence" in told
    assert "Body that nominates</dt>" in told
    assert "where you live" not in told + asked
    assert "Body that nominates you" not in told + asked


def test_form_keeps_what_is_right_and_names_what_is_wrong(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        account = make_account(session).id
    sign_in(app, client, account)
    nomination = send(client, f"/en/fellowships/{ref}/nominate").location.split("/")[-3]
    url = f"/en/nominations/{nomination}/edit/person"

    wrong = send(
        client,
        url,
        data={"version": version_on(client.get(url).text), "first_name": "Amina", "born_on": "yesterday"},
    )

    assert wrong.status_code == 422
    assert "This must be a date such as 2027-03-31." in wrong.text
    assert 'value="Amina"' in client.get(url).text


def test_officer_goes_from_the_panel_to_an_approved_list(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    now = utc_now()
    people = {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman"), "Dora": (4, "woman")}
    refs = {}
    with write() as session:
        ref = make_fellowship(session, now=now)
        for name, (_, gender) in people.items():
            nominee = actor_of_account(session, make_account(session).id)
            made = nominations.begin(session, nominee, ref, answers(first_name=name, gender=gender), now=now)
            nominations.complete(session, nominee, made.ref, made.version, now=now)
            link = session.execute(
                sa.select(OutgoingMail.values)
                .where(OutgoingMail.template == "nomination_approve")
                .order_by(OutgoingMail.id.desc())
                .limit(1)
            ).scalar_one()["link"]
            nominators.approve(session, link.rsplit("/", 1)[1], commits_time=True, now=now)
            refs[name] = made.ref
        call, _ = fellowship_of(session, ref)
        call.state = CallState.REVIEW
        officer = make_account(session, Role.OFFICER).id
        decider = make_account(session, Role.DECIDER).id
        member = make_account(session, Role.REVIEWER, email="member@panel.example").id
    room = f"/en/fellowships/{ref}"
    sign_in(app, client, officer)
    assert client.get(room).status_code == 200
    send(client, f"{room}/review")
    wrong = send(client, f"{room}/panel", data={"pairs": "nobody@panel.example"})
    send(client, f"{room}/panel", data={"pairs": "member@panel.example"})
    early = send(client, f"{room}/lock")
    panellist = app.test_client()
    sign_in(app, panellist, member)
    for name, (value, _) in people.items():
        url = f"/en/marks/{refs[name]}"
        assert "Do you have a conflict of interest" in panellist.get(url).text
        send(panellist, f"{url}/conflict", data={"answer": "none"})
        page = panellist.get(url).text
        marks = {"marks.merit": value, "marks.fit": value, "band": "A", "submit": ""}
        assert send(panellist, url, data=marks | {"version": version_on(page)}).status_code == 303
        assert "1995" not in page
    send(client, f"{room}/lock")
    send(client, f"{room}/seed", data={"seed": "17 23 42", "source": "the lottery of today"})
    run = send(client, f"{room}/shortlists", data={"reserve": "2", "counts": ""}).location
    waiting = client.get(run).text
    with write() as session:
        work = running.take(session, now=now)
    assert work is not None
    with app.app_context():
        running.compute(work, transaction, utc_now)
    shown = client.get(run).text
    deciding = app.test_client()
    sign_in(app, deciding, decider)
    approved = send(deciding, f"{run}/approval")

    assert wrong.status_code == 422
    assert "“nobody@panel.example” is no panel member of this call." in wrong.text
    assert early.status_code == 409
    assert "4 nominations have no marks yet" in early.text
    assert "Stop the run" in waiting
    assert "Why not the others" in shown
    assert approved.status_code == 303
    assert "This list is approved" in client.get(run).text
    seats = check(client.get(f"{run}/record").data)["seats"]
    assert [one["id"] for one in seats] == [refs["Ada"], refs["Cora"]]
    with write() as session:
        assert session.execute(sa.select(sa.func.count(ShortlistRun.id))).scalar_one() == 1
        assert session.execute(sa.select(sa.func.count(Nomination.id))).scalar_one() == 4


def test_room_tells_what_is_impossible_and_takes_the_change_by_a_button(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, _ = marked_call(session, {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman")})
        asker = make_account(session, Role.OFFICER).id
        version = fellowship_of(session, ref)[1].version
    sign_in(app, client, asker)
    rows = {"targets.0.attribute": "gender", "targets.0.value": "woman", "targets.0.least": "2"}
    assert send(client, f"/en/fellowships/{ref}/settings", rows | {"version": version}).status_code == 303
    room = client.get(f"/en/fellowships/{ref}").text
    run = send(client, f"/en/fellowships/{ref}/shortlists", data={"reserve": "2"}).location
    compute_next(app, write)
    shown = client.get(run).text
    relaxed = send(client, f"{run}/relaxation", {"change": "0"})
    told = client.get(relaxed.location).text
    twice = send(client, f"{run}/relaxation", {"change": "0"})
    beyond = send(client, f"{run}/relaxation", {"change": "7"})
    compute_next(app, write)
    after = client.get(relaxed.location).text

    assert "No list keeps everything together" in room
    assert "Too few in the pool" in room
    assert "Gender Woman: at least 2" in shown
    assert "Gender Woman: lower the minimum from 2 to 1" in shown
    assert (relaxed.status_code, twice.status_code, beyond.status_code) == (303, 409, 409)
    assert "The targets are changed." in told
    assert "2 seats" in after


def test_page_of_a_nominee_says_why_not_and_a_pin_shows_what_follows(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, _ = marked_call(session, {"Ada": (9, "man"), "Ben": (8, "man"), "Cora": (5, "woman")})
        asker = make_account(session, Role.OFFICER).id
        ben = session.execute(
            sa.select(Nomination.ref).where(Nomination.name_key.startswith("ben"))
        ).scalar_one()
    sign_in(app, client, asker)
    run = send(client, f"/en/fellowships/{ref}/shortlists", data={"reserve": "2"}).location
    compute_next(app, write)
    page = client.get(f"{run}/people/{ben}").text
    without = send(client, f"{run}/pins", {"nominee": ben, "what": "in", "reason": " "})
    pinned = send(client, f"{run}/pins", {"nominee": ben, "what": "in", "reason": "A small region."})
    compute_next(app, write)
    after = client.get(pinned.location).text
    room = client.get(f"/en/fellowships/{ref}").text

    assert "A list with this nominee would have 3 points less than this one." in page
    assert client.get(f"{run}/people/NOM-1999-0001").status_code == 404
    assert without.status_code == 422
    assert pinned.status_code == 303
    assert "with=SHL-" in pinned.location
    assert "3 points less" in after
    assert "Asked differently" in after
    assert "A small region." in room


def compute_next(app: Flask, write: Opened) -> None:
    """What the background worker does."""
    with write() as session:
        work = running.take(session, now=utc_now())
    assert work is not None
    with app.app_context():
        running.compute(work, transaction, utc_now)


def test_officer_plans_the_panel_rules_on_a_conflict_and_reads_the_spread(
    app: Flask, client: FlaskClient, write: Opened
) -> None:
    with write() as session:
        ref, _ = marked_call(session, {"Ada": (9, "man"), "Cora": (5, "woman")}, is_locked=False)
        asker = make_account(session, Role.OFFICER).id
        other = make_account(session, Role.REVIEWER, email="second@second.example", name="Second Member").id
        refs = session.execute(sa.select(Nomination.ref).order_by(Nomination.ref)).scalars().all()
    sign_in(app, client, asker)
    base = f"/en/fellowships/{ref}"
    plan = client.get(f"{base}/plan?each=2&most=5").text
    wrong = client.get(f"{base}/plan?each=x&most=5")
    fingerprint = re.search(r'name="fingerprint" value="([0-9a-f]+)"', plan)
    pairs = re.findall(r'name="pair" value="([^"]+)"', plan)
    assert fingerprint is not None
    form = {"each": "2", "most": "5", "mode": "fair", "fingerprint": fingerprint.group(1), "pair": pairs}
    made = send(client, f"{base}/plan", form)
    stale = send(client, f"{base}/plan", form)
    second = app.test_client()
    sign_in(app, second, other)
    send(second, f"/en/marks/{refs[0]}/conflict", {"answer": "possible", "text": "We met once."})
    members = client.get(f"{base}/members").text
    where = re.search(r'action="(/en/fellowships/[^"]+/rulings/\d+)"', members)
    assert where is not None
    ruling = {"version": version_on(members), "ruling": "cleared"}
    without = send(client, where.group(1), ruling | {"reason": ""})
    stale_ruling = send(client, where.group(1), ruling | {"version": "1", "reason": "Fine."})
    ruled = send(client, where.group(1), ruling | {"reason": "Meeting once is no conflict."})
    spread = client.get(f"{base}/agreement").text

    assert sorted(pairs) == [f"{one} second@second.example" for one in refs]
    assert "This must be a whole number." in wrong.text
    assert (made.status_code, stale.status_code) == (303, 409)
    assert "We met once." in members
    assert (without.status_code, stale_ruling.status_code, ruled.status_code) == (422, 409, 303)
    assert "Meeting once is no conflict." in client.get(f"{base}/members").text
    assert "Where marks lie apart" in spread
    assert "woman" not in spread.lower()
