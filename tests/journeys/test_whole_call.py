"""Can officers lead a call from its first word to its letters, while the service falls over twice?

What is not a page of theirs (the proposals, the scores) comes by the services; everything else is done at a
browser. The server is killed without a word between two steps and in the middle of one, and the browser is
closed: what a page said is done is done once, and what is not done can be done again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from models.decisions import Decision, Release
from models.operation import OutgoingMail
from models.reviews import Assignment
from tests.journeys.conftest import SIZES, Visit
from tests.journeys.stage import REVIEWERS, Stage, staged
from tests.journeys.visitor import Visitor
from tests.panels import MET, NOT_MET
from tests.signing_in import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A service of this test's own, to be killed."""
    with staged(tmp_path_factory.mktemp("call")) as made:
        yield made


class Cast:
    """Who is at which browser, in one language; every page is measured at both widths."""

    def __init__(self, stage: Stage, visit: Visit, language: str, size: str) -> None:
        self.stage, self.visit, self.language, self.size = stage, visit, language, size
        self.root = f"{stage.address}/{language}"

    def enter(self, name: str, path: str, page: str) -> Visitor:
        """Somebody signs in at a browser of their own and looks at a page."""
        visitor = self.visit(self.language, self.size)
        visitor.also = tuple(one for name_, one in SIZES.items() if name_ != self.size)
        visitor.page.goto(f"{self.root}/sign-in?next=/{self.language}{path}")
        visitor.page.fill('input[name="email"]', self.stage.people[name])
        visitor.page.fill('input[name="password"]', PASSWORD)
        visitor.press('input[name="password"]', page, key="Enter")
        return visitor

    def again(self, visitor: Visitor, path: str, page: str) -> Visitor:
        """The same browser, closed and opened again: its cookies are left, its pages are gone."""
        kept = visitor.page.context.storage_state()
        visitor.page.context.close()
        back = self.visit(self.language, self.size, storage_state=kept)
        back.also = visitor.also
        back.go(f"{self.root}{path}", page)
        return back


def send(visitor: Visitor, action: str, name: str, **more: str) -> None:
    """Press the one button of a form whose address ends like this, and look at what follows."""
    visitor.press(f'main form[action$="{action}"] button.button', name, **more)


@pytest.mark.parametrize(("language", "size"), [("en", "wide"), ("ar", "phone")])
def test_whole_call_by_its_officers(stage: Stage, visit: Visit, language: str, size: str) -> None:
    cast = Cast(stage, visit, language, size)

    officer = cast.enter("officer", "/today", "today-empty")
    call = write_call(officer)
    colleague = cast.enter("colleague", f"/calls/{call}/board", "draft-of-a-colleague")
    send(colleague, "/publication", "announced")
    refs = [stage.proposal(call, title=title) for title in ("Mentors for the coast", "A school of valuation")]
    stage.deadline_passes(call)
    screen(officer, cast, refs)
    officer = assign_after_a_fall(officer, cast, call)
    for name in REVIEWERS:
        for ref in stage.assignments(name):
            stage.review(name, ref, MET if name != "third" else NOT_MET)
    assert stage.clock_ticks() == 2
    officer = deliberate(officer, cast, call)
    propose(cast, refs)
    decider = approve(cast, refs)
    released = release_before_a_fall(decider, cast, call)
    own = read_result(cast, refs[0])
    look_again(cast, refs[0])

    assert released == (1, 2, 2)
    assert own is True


# --- scenes -----------------------------------------------------------------------------------------------


def write_call(officer: Visitor) -> str:
    """From today's page to a draft; returns its reference."""
    officer.press('main a[href$="/calls/new"]', "call-form")
    page = officer.page
    page.check('input[name="kind"][value="requests"]')
    page.fill('[name="title.en"]', "Support for national assessments")
    page.fill('[name="text.en"]', "Tell us what you need to prepare, write and use an assessment.")
    page.check('input[name="strategies"][value="S3"]')
    page.fill('[name="opens_at"]', "2026-01-01T09:00")
    page.fill('[name="minimum_reviews"]', "three")
    officer.expected.append("422")
    send(officer, "/calls/new", "call-form-with-errors")
    page.fill('[name="minimum_reviews"]', "3")
    page.fill('[name="closes_at"]', "2099-01-01T09:00")
    send(officer, "/calls/new", "draft")
    found = re.search(r"CALL-\d{4}-\d{4}", page.url)
    assert found is not None, page.url
    return found[0]


def no_conflict(visitor: Visitor, cast: Cast) -> None:
    """Whoever works on the proposals says of each that nothing ties them to it."""
    visitor.go(f"{cast.root}/conflicts", "conflict-question")
    for box in visitor.page.locator('main input[name="entry"]').all():
        box.check()
    send(visitor, "/conflicts", "conflict-answered")


def screen(officer: Visitor, cast: Cast, refs: list[str]) -> None:
    """One goes back with a question and comes as it was, both are eligible in the end."""
    no_conflict(officer, cast)
    officer.go(f"{cast.root}/today", "today")
    officer.press('main a.button[href$="/today/screen"]', "to-screen")
    officer.press(f'main a[href$="/screening/{refs[0]}"]', "screening")
    send(officer, "/eligible", "eligible")
    officer.go(f"{cast.root}/received", "received")
    officer.go(f"{cast.root}/screening/{refs[1]}", "screening-of-another")
    send(officer, "/eligible", "another-eligible")


def assign_after_a_fall(officer: Visitor, cast: Cast, call: str) -> Visitor:
    """A plan is worked out; before it is made the server falls, and the browser is closed as well."""
    stage = cast.stage
    officer.go(f"{cast.root}/calls/{call}/board", "board-of-the-call")
    send(officer, "/phase", "review-begins")
    officer.go(f"{cast.root}/assignments/calls/{call}", "table-of-reviewers")
    send(officer, f"/calls/{call}/plans", "plan")
    address = officer.page.url
    pairs = officer.page.locator('input[name="pair"]').count()
    n_before = stage.count(sa.select(sa.func.count()).select_from(Assignment))
    stage.server.kill()
    with officer.page.expect_event("requestfailed"):
        officer.page.locator('form[action$="/commit"] button.button').click(no_wait_after=True)
    stage.server.start()
    officer = cast.again(officer, address.removeprefix(cast.root), "plan-after-the-fall")
    assert officer.page.locator('input[name="pair"]:checked').count() == pairs == 6
    send(officer, "/commit", "made")
    assert n_before == 0
    assert stage.count(sa.select(sa.func.count()).select_from(Assignment)) == 6
    return officer


def deliberate(officer: Visitor, cast: Cast, call: str) -> Visitor:
    """The reviews are locked, and everybody who meets reads them."""
    officer.go(f"{cast.root}/assignments", "assignments")
    officer.go(f"{cast.root}/calls/{call}/board", "all-scored")
    send(officer, "/phase", "deliberation-begins")
    officer.go(f"{cast.root}/panels", "agenda")
    officer.press("table.agenda a", "panel-for-an-officer")
    return officer


def propose(cast: Cast, refs: list[str]) -> None:
    """The moderator agrees on a score with the meeting, notes what was said and proposes."""
    moderator = cast.enter("moderator", "/conflicts", "moderator-begins")
    no_conflict(moderator, cast)
    page = moderator.page
    for ref, outcome in zip(refs, ("endorsed_with_conditions", "endorsed"), strict=True):
        moderator.go(f"{cast.root}/panels/{ref}", "panel")
        page.select_option('[name="criterion"]', "10")
        page.check('form[action$="/consensus"] input[name="value"][value="2"]')
        page.fill('form[action$="/consensus"] [name="reason"]', "The meeting found the plan complete.")
        send(moderator, "/consensus", "agreed")
        page.fill('form[action$="/notes"] [name="text"]', "One member would have liked a budget.")
        send(moderator, "/notes", "noted")
        page.check(f'input[name="outcome"][value="{outcome}"]')
        page.fill('form[action$="/decision"] [name="reason"]', "The criteria are met.")
        moderator.expected.append("422")
        if outcome == "endorsed_with_conditions":
            send(moderator, "/decision", "conditions-are-missing")
            page.fill('form[action$="/decision"] [name="conditions"]', "Send a budget by March.")
        send(moderator, "/decision", "proposed")


def approve(cast: Cast, refs: list[str]) -> Visitor:
    """The decider reads each proposal of a decision and approves it."""
    decider = cast.enter("decider", "/conflicts", "decider-begins")
    no_conflict(decider, cast)
    for _ in refs:
        decider.go(f"{cast.root}/decisions", "decisions")
        decider.press('main th a[href*="/decisions/"]', "decision")
        send(decider, "/approval", "approved")
    return decider


def release_before_a_fall(decider: Visitor, cast: Cast, call: str) -> tuple[int, int, int]:
    """Released, and the server falls at that moment: it happened once. Batches, decisions out and letters."""
    decider.go(f"{cast.root}/calls/{call}/board", "decided")
    decider.go(f"{cast.root}/calls/{call}/release", "preview")
    send(decider, "/release", "released")
    cast.stage.fall_and_rise()
    decider = cast.again(decider, f"/calls/{call}/release", "nothing-left-to-release")
    decider.go(f"{cast.root}/outbox", "outbox")
    count = sa.select(sa.func.count())
    return (
        cast.stage.count(count.select_from(Release)),
        cast.stage.count(count.select_from(Decision).where(Decision.released_at.is_not(None))),
        cast.stage.count(count.select_from(OutgoingMail).where(OutgoingMail.template == "decision")),
    )


def read_result(cast: Cast, ref: str) -> bool:
    """The owner finds the result, saves the letter and asks to look at it again; True where it was a PDF."""
    owner = cast.enter("owner", "/mine", "own-entries")
    owner.press(f'main a[href$="/requests/{ref}/decision"]', "result")
    letter = owner.page.context.request.get(f"{cast.root}/requests/{ref}/decision.pdf")
    owner.page.check('input[name="ground"][value="fact"]')
    owner.page.fill('[name="text"]', "The budget was in the annex.")
    send(owner, "/reconsideration", "asked-again")
    return letter.body().startswith(b"%PDF")


def look_again(cast: Cast, ref: str) -> None:
    """Somebody who had no part in it proposes anew, and another who had none decides."""
    other = cast.enter("other", "/conflicts", "other-officer-begins")
    no_conflict(other, cast)
    other.go(f"{cast.root}/decisions", "to-look-at-again")
    other.press('main th a[href*="/decisions/"]', "reconsideration")
    page = other.page
    page.fill('form[action$="/reconsideration"] [name="text"]', "The annex holds a budget.")
    page.check('form[action$="/reconsideration"] input[name="outcome"][value="endorsed"]')
    page.fill('form[action$="/reconsideration"] [name="reason"]', "The budget was there.")
    send(other, "/reconsideration", "prepared")
    successor = cast.enter("successor", "/conflicts", "successor-begins")
    no_conflict(successor, cast)
    successor.go(f"{cast.root}/decisions", "to-decide-again")
    successor.press('main th a[href*="/decisions/"]', "to-decide")
    successor.press('main p > a[href*="/decisions/"]', "new-decision")
    send(successor, "/reconsideration/decision", "decided-again")
    owner = cast.enter("owner", f"/requests/{ref}/decision", "new-result")
    owner.go(f"{cast.root}/requests/{ref}", "own-page")


# --- a reviewer -------------------------------------------------------------------------------------------

FIRST = "The work plan names every step and who takes it."
SECOND = "The budget covers the four author meetings, with two people for each."


@pytest.mark.parametrize(("language", "size"), [("en", "phone"), ("ar", "wide")])
def test_whole_call_by_a_reviewer(stage: Stage, visit: Visit, language: str, size: str) -> None:
    cast = Cast(stage, visit, language, size)
    call, ref, others = stage.call_in_review()

    reviewer = cast.enter("reviewer", "/reviews", "queue")
    reviewer.press("ul.items h3 a", "conflict-question")
    reviewer.page.check('input[name="answer"][value="none"]')
    send(reviewer, "/conflict", "scorecard")
    type_while_it_falls(reviewer, cast)
    reviewer = cast.again(reviewer, f"/reviews/{ref}", "scorecard-after-the-fall")
    kept = [reviewer.page.input_value(f'[name="scores.{code}.evidence"]') for code in ("9", "10")]
    submit_the_rest(reviewer)
    for name, other in others.items():
        stage.review(name, other, NOT_MET)
    entry = stage.deliberation_begins(call)
    reviewer.go(f"{cast.root}/panels", "agenda")
    reviewer.press("table.agenda a", "panel")
    others_shown = reviewer.page.get_by_text("Second Example").count()
    reviewer.page.fill('form[action$="/notes"] [name="text"]', "I would ask for a budget by year.")
    send(reviewer, "/notes", "noted")
    stage.result_is_released(call, entry)
    reviewer.go(f"{cast.root}/reviews", "queue-in-the-end")
    reviewer.press("ul.items h3 a", "scorecard-in-the-end")

    assert kept == [FIRST, SECOND]
    assert others_shown == 0
    assert reviewer.page.url.endswith(f"/{language}/reviews/{ref}/receipt")


def type_while_it_falls(reviewer: Visitor, cast: Cast) -> None:
    """One text is saved; the server is away for the next, which stays on the page until it is saved, too."""
    page, server = reviewer.page, cast.stage.server
    reviewer.choose("scores.9.value", "2")
    reviewer.write("scores.9.evidence", FIRST)
    reviewer.expected.append("ERR_CONNECTION")
    server.kill()
    page.check('input[name="scores.10.value"][value="2"]')
    page.fill('[name="scores.10.evidence"]', SECOND)
    page.locator('[name="scores.10.evidence"]').blur()
    page.wait_for_selector(".autosave.is-failing")
    reviewer.look("not-saved-yet")
    server.start()
    page.evaluate("dispatchEvent(new Event('online'))")
    reviewer.await_saved()
    cast.stage.fall_and_rise()


def submit_the_rest(reviewer: Visitor) -> None:
    """What is left of the scorecard, and the result of one's own scores."""
    for code in ("11", "12"):
        reviewer.choose(f"scores.{code}.value", "2")
        reviewer.write(f"scores.{code}.evidence", FIRST)
    for part in ("11i", "11ii", "11iii"):
        reviewer.choose(f"scores.11.parts.{part}", "yes")
    for code in ("9", "10", "11", "12"):
        reviewer.write(f"scores.{code}.pointer", "Planned activities")
    reviewer.choose("recommendation", "endorse")
    reviewer.choose("confidence", "high")
    reviewer.page.check('[name="still_no_conflict"]')
    reviewer.press('#overall button[name="do"][value="submit"]', "receipt")
