"""Does a form that lacks something, or holds no number where one belongs, get an answer and no fault?"""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from flask import Flask

from services.clock import utc_now
from tests.factories import make_actor
from tests.fellowship_factories import make_fellowship
from tests.fixtures import Opened
from tests.scoring import make_sitting, sign_in, signed_in
from tests.services.test_assignment_plans import make_scene
from vocabulary.people import Role
from vocabulary.states import ConflictAnswer

LONG = "9" * 5_000


@pytest.fixture(autouse=True)
def _no_csrf(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(app.config, "WTF_CSRF_ENABLED", False)


@pytest.mark.parametrize("act", ["ruling", "pointed", "lift"])
def test_act_on_a_conflict_without_its_fields_is_refused_in_words(
    app: Flask, write: Opened, act: str
) -> None:
    with write() as session:
        scene = make_scene(session, 1)
        browser = signed_in(app, sign_in(session, scene.officer, utc_now()))

    answer = browser.post(f"/conflicts/{scene.entries[0]}/people/1/{act}", data={"reason": "\x00"})

    assert answer.status_code in (403, 404, 422)


def test_numbers_of_impossible_length_are_no_fault(app: Flask, write: Opened) -> None:
    with write() as session:
        ref = make_fellowship(session, now=utc_now())
        officer = make_actor(session, Role.OFFICER)
        browser = signed_in(app, sign_in(session, officer, utc_now()))

    addresses = {
        f"/fellowships/{ref}/settings": {"version": "\u00b2"},
        f"/fellowships/{ref}/settings?": {
            "version": "1",
            "targets.0.attribute": "gender",
            "targets.0.value": "woman",
            "targets.0.least": LONG,
            f"caps.{LONG}.attribute": "country",
        },
        "/today/screen": {"entry": f"REQ-2026-0001:{LONG}"},
        f"/conflicts/REQ-2026-0001/people/{LONG}/lift": {"reason": "x"},
        f"/outbox/{LONG}/release": {},
    }
    answered = [browser.post(address, data=data).status_code for address, data in addresses.items()]

    assert answered == [409, 422, 404, 404, 404]


class Names(HTMLParser):
    """The names of the fields of a page, as a browser reads them."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str | None] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note the name of a field."""
        self.found |= {value for name, value in attrs if name == "name" and tag in ("input", "textarea")}


def test_reason_for_a_ruling_is_sent_under_its_name(app: Flask, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, answer=ConflictAnswer.POSSIBLE)
        browser = signed_in(app, sign_in(session, sitting.officer, utc_now()))

    names = Names()
    names.feed(browser.get("/assignments").text)

    assert "reason" in names.found
    assert not [name for name in names.found if name and '"' in name]
