"""From the settings of a fellowship call to letters, a fellow's page and the reserve list, by five people."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models.calls import Call
from models.fellowships import Nomination
from models.operation import OutgoingMail
from models.people import Account
from services import calls
from services.clock import utc_now
from services.fellowships import nominations, nominators, panel
from services.fellowships.rows import fellowship_of
from services.sessions import actor_of_account
from services.transaction import reading, transaction
from tests.factories import make_account
from tests.fellowship_factories import answers
from tests.journeys.conftest import Visit
from tests.journeys.service import Service
from tests.journeys.visitor import Visitor
from tests.signing_in import PASSWORD, password_hash
from vocabulary.people import Role
from vocabulary.states import CallKind, CallState

pytestmark = [pytest.mark.browser, pytest.mark.slow]

OTHERS = {"Ben": ("man", 8), "Cora": ("woman", 5), "Dora": ("woman", 4)}
"""Nominees beside the one at the browser: gender, and what the panel marks."""
_numbers = itertools.count(1)


def person(service: Service, *roles: Role) -> str:
    """Somebody with a password; returns the address."""
    number = next(_numbers)
    email = f"fellowship{number}@body{number}.example"
    with service.app.app_context(), transaction() as session:
        make_account(session, *roles, email=email, password_hash=password_hash())
    return email


def sign_in(visitor: Visitor, service: Service, language: str, email: str) -> None:
    visitor.page.goto(f"{service.address}/{language}/sign-in")
    visitor.page.fill('input[name="email"]', email)
    visitor.page.fill('input[name="password"]', PASSWORD)
    with visitor.page.expect_navigation():
        visitor.page.locator('input[name="password"]').press("Enter")


def draft(service: Service, email: str) -> str:
    """A draft of a fellowship call by the officer; returns its reference."""
    with service.app.app_context(), transaction() as session:
        officer = actor_of_account(session, account_id(session, email))
        content = {
            "kind": CallKind.FELLOWSHIP,
            "opens_at": utc_now() - timedelta(minutes=5),
            "closes_at": utc_now() + timedelta(days=30),
            "title": {"en": "Fellows for the assessment", "ar": "زملاء من أجل التقييم"},
            "text": {"en": "Apply.", "ar": "قدموا طلباتكم."},
        }
        return calls.create_call(session, officer, content, now=utc_now()).ref


def account_id(session: Session, email: str) -> int:
    return session.execute(sa.select(Account.id).where(Account.email == email)).scalar_one()


def nominator_of(ref: str, name: str) -> str:
    """The address of somebody's nominator, another one in each call."""
    return f"{name}.{ref}@ministry.example".lower()


def nominate(service: Service, ref: str, email: str, name: str, gender: str) -> str:
    """A form that is filled in and not completed yet; returns its reference."""
    with service.app.app_context(), transaction() as session:
        nominee = actor_of_account(session, account_id(session, email))
        given = answers(first_name=name, gender=gender, nominator_email=nominator_of(ref, name))
        return nominations.begin(session, nominee, ref, given, now=utc_now()).ref


def received(service: Service, nomination: str) -> None:
    """Completed by the nominee and approved by the nominator."""
    with service.app.app_context(), transaction() as session:
        row = session.execute(sa.select(Nomination).where(Nomination.ref == nomination)).scalar_one()
        nominee = actor_of_account(session, row.nominee_id or 0)
        nominations.complete(session, nominee, nomination, row.version, now=utc_now())
        query = sa.select(OutgoingMail.values).where(
            OutgoingMail.template == "nomination_approve", OutgoingMail.subject_ref == nomination
        )
        link = session.execute(query).scalar_one()["link"]
        nominators.approve(session, link.rsplit("/", 1)[1], commits_time=True, now=utc_now())


def write_settings(officer: Visitor, address: str) -> None:
    """By the form alone: a criterion, a target and a limit are added by their buttons."""
    page = officer.page
    officer.go(address, "settings-empty")
    page.check('input[name="body"][value="assessment"]')
    page.fill('input[name="selecting_body"]', "Management committee")
    page.fill('input[name="n_seats"]', "2")
    page.fill('input[name="nominators_until"]', f"{utc_now() + timedelta(days=40):%Y-%m-%dT%H:%M}")
    for added in ("marks", "targets"):
        with page.expect_navigation():
            page.click(f'button[name="add"][value="{added}"]')
    page.fill('input[name="marks.0.code"]', "merit")
    page.fill('input[name="marks.0.title.en"]', "Merit")
    page.fill('textarea[name="marks.0.anchors.en"]', "8: very convincing")
    page.select_option('select[name="targets.0.attribute"]', "gender")
    page.fill('input[name="targets.0.value"]', "woman")
    page.fill('input[name="targets.0.least"]', "9")
    officer.expected.append("422")
    officer.press('.actions button[type="submit"]', "settings-wrong-cell")
    assert page.locator('[id="f-targets.0.least-error"]').count() == 1
    page.fill('input[name="targets.0.least"]', "2")
    officer.press('.actions button[type="submit"]', "settings-kept")


def nominate_by_two(
    service: Service, nominee: Visitor, nominator: Visitor, nomination: str, address: str
) -> None:
    """The nominee completes the form; the nominator opens the mailed link and commits the time."""
    language = nominee.page.url.split("/")[3]
    nominee.go(f"{service.address}/{language}/nominations/{nomination}/check", "check")
    nominee.press('form[action$="/submission"] button', "completed")
    nominator.go(service.link(address, "approval"), "approval")
    nominator.page.check('input[name="commits_time"]')
    nominator.press('form:has(input[name="commits_time"]) button', "approved")


def mark(member: Visitor, address: str, value: int) -> None:
    """Through the conflict question to the submitted marks."""
    member.go(address, "conflict")
    member.page.check('input[name="answer"][value="none"]')
    member.press('form[action$="/conflict"] button.button', "sheet")
    member.page.select_option('select[name="marks.merit"]', str(value))
    member.page.check('input[name="band"][value="A"]')
    member.press('button[name="submit"]', "marked")


def in_phase(service: Service, ref: str, state: CallState) -> None:
    with service.app.app_context(), transaction() as session:
        fellowship_of(session, ref)[0].state = state


def finished(visitor: Visitor) -> None:
    """Wait until the background worker has ended the run; the page looks again by itself."""
    visitor.page.wait_for_selector('form[action$="/cancellation"]', state="detached", timeout=60_000)


@pytest.mark.parametrize("language", ["en", "ar"])
def test_fellowship(service: Service, visit: Visit, language: str) -> None:
    emails = {name: person(service) for name in ("Ada", *OTHERS)}
    officer, decider, member = visit(language, "wide"), visit(language, "wide"), visit(language, "phone")
    office, decide = person(service, Role.OFFICER), person(service, Role.DECIDER)
    panellist = person(service, Role.REVIEWER)
    ref = draft(service, office)
    base = f"{service.address}/{language}/fellowships/{ref}"
    sign_in(officer, service, language, office)
    sign_in(decider, service, language, decide)
    write_settings(officer, f"{base}/settings")
    decider.go(f"{service.address}/{language}/calls/{ref}/board", "board")
    decider.press('form[action$="/publication"] button', "announced")

    refs = {
        name: nominate(service, ref, emails[name], name, gender)
        for name, (gender, _) in {"Ada": ("man", 9), **OTHERS}.items()
    }
    nominee = visit(language, "phone")
    sign_in(nominee, service, language, emails["Ada"])
    nominate_by_two(service, nominee, visit(language, "phone"), refs["Ada"], nominator_of(ref, "Ada"))
    for name in OTHERS:
        received(service, refs[name])
    in_phase(service, ref, CallState.REVIEW)
    officer.go(base, "room")
    officer.press('form[action$="/review"] button', "handed-over")
    officer.go(f"{base}/members", "members")
    officer.page.fill('input[name="each"]', "1")
    officer.press('form[action$="/plan"] button', "plan")
    seats(service, ref, office, panellist, list(refs.values()))
    sign_in(member, service, language, panellist)
    mark(member, f"{service.address}/{language}/marks/{refs['Ada']}", 9)
    for name, (_, value) in OTHERS.items():
        mark(member, f"{service.address}/{language}/marks/{refs[name]}", value)
    officer.go(f"{base}/agreement", "agreement")

    officer.go(base, "marked")
    officer.press('form[action$="/lock"] button', "locked")
    officer.page.fill('input[name="seed"]', "07 15 23")
    officer.page.fill('input[name="source"]', "Lottery of today")
    officer.press('form[action$="/seed"] button', "seeded")
    officer.press('#f-run button:not([name="counts"])', "trial")
    finished(officer)
    officer.look("trial-done")
    officer.go(base, "room-again")
    officer.press('#f-run button[name="counts"]', "run")
    finished(officer)
    officer.look("list")
    run = officer.page.url.split("?")[0]
    officer.press("ol li a", "person")
    in_phase(service, ref, CallState.DECIDED)
    decider.go(run, "list")
    decider.press("#f-approve button", "approved")
    decider.go(f"{base}/places", "places")
    decider.page.fill('input[name="answer_by_at"]', f"{utc_now() + timedelta(days=20):%Y-%m-%d}")
    decider.press("#f-release button", "counts")
    decider.press("#f-release button", "released")

    first = visit(language, "phone")
    sign_in(first, service, language, emails["Cora"])
    first.go(service.link(emails["Cora"], refs["Cora"][:-1]), "letter")
    first.press('button[name="answer"][value="accept"]', "accepted")
    officer.go(f"{base}/places", "places")
    officer.press('form[action$="/confirmation"] button', "confirmed")
    first.go(f"{service.address}/{language}/nominations/{refs['Cora']}", "fellow")
    second = visit(language, "phone")
    sign_in(second, service, language, emails["Dora"])
    second.go(f"{service.address}/{language}/nominations/{refs['Dora']}", "letter")
    second.press('button[name="answer"][value="decline"]', "declined")
    officer.go(f"{base}/places", "place-free")
    officer.page.fill('#f-reserve input[name="answer_by_at"]', f"{utc_now() + timedelta(days=20):%Y-%m-%d}")
    officer.press("#f-reserve button", "called-up")

    with service.app.app_context(), reading() as session:
        call = session.execute(sa.select(Call.id).where(Call.ref == ref)).scalar_one()
        rows = session.execute(sa.select(Nomination).where(Nomination.call_id == call)).scalars()
        states = {row.content["first_name"]: row.state.value for row in rows}
    assert states == {"Ada": "offered", "Ben": "reserve", "Cora": "confirmed", "Dora": "declined"}


def seats(service: Service, ref: str, office: str, panellist: str, refs: list[str]) -> None:
    """The member of the journey is asked to mark every nomination."""
    with service.app.app_context(), transaction() as session:
        officer = actor_of_account(session, account_id(session, office))
        panel.seat_members(session, officer, ref, [(one, panellist) for one in refs], now=utc_now())
