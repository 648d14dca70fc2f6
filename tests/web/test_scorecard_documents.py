"""Can a reviewer take the scorecard along, bring it back, and lose nothing on the way?"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from services.clock import utc_now
from services.reviews import drafts
from tests.fixtures import Opened
from tests.scoring import Sitting, full_card, make_sitting, make_token, sign_in, signed_in
from tests.services.test_scorecard_documents import filled

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"


@pytest.fixture(autouse=True)
def without_csrf(app: Flask) -> Iterator[None]:
    """The token of forms is tested once for all pages, elsewhere."""
    app.config["WTF_CSRF_ENABLED"] = False
    yield
    app.config["WTF_CSRF_ENABLED"] = True


def sit(app: Flask, write: Opened) -> tuple[Sitting, FlaskClient]:
    with write() as session:
        sitting = make_sitting(session, now=utc_now())
        secret = sign_in(session, sitting.reviewer, utc_now())
    return sitting, signed_in(app, secret)


def uploaded(document: bytes) -> dict[str, object]:
    return {"file": (io.BytesIO(document), "mine.docx")}


def fields_of(page: str) -> dict[str, list[str]]:
    """What the form of a page would send, boxes that are not ticked left out."""
    found: dict[str, list[str]] = {}
    main = page[page.index("<main") :]
    for tag in re.findall(r"<input [^>]+>", main[: main.index("Take over nothing")]):
        is_sent = 'type="hidden"' in tag or " checked" in tag
        name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag, re.DOTALL)
        if is_sent and name and value:
            found.setdefault(name[1], []).append(value[1])
    return found


def test_journey_out_and_in_again(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    scorecard = client.get(f"/reviews/{sitting.ref}").text
    page = client.get(f"/reviews/{sitting.ref}/offline").text
    sent = client.get(f"/reviews/{sitting.ref}/document?format=docx")
    document = filled(
        sent.data,
        {
            "scores.9.value": "2 – Met",
            "scores.9.evidence": "One line.\nAnother.",
            "scores.11.parts.11i": "Y – Yes",
            "scores.6.parts.6i": "Y – Yes",
            "expertise.S3": "3 – High",
            "recommendation": "A",
            "minutes_spent": "soon",
        },
    )

    shown = client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(document))
    before = client.get(f"/reviews/{sitting.ref}").text
    taken = client.post(f"/reviews/{sitting.ref}", data=fields_of(shown.text))
    again = client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(document))

    assert f"/reviews/{sitting.ref}/offline" in scorecard
    assert f"/reviews/{sitting.ref}/document?format=odt" in page
    assert (sent.status_code, sent.content_type) == (200, WORD)
    assert sent.headers["Content-Disposition"] == f"attachment; filename={sitting.ref}.docx"
    assert sent.headers["Cache-Control"] == "private, no-store"
    assert shown.status_code == 200
    assert "6 answers differ. Nothing is taken over yet." in shown.text
    assert "One field cannot be taken over" in shown.text
    assert '<div class="text" dir="auto">soon</div>' in shown.text
    assert "Another." not in before
    assert (taken.status_code, taken.location) == (303, f"/reviews/{sitting.ref}")
    assert "Nothing: the document holds what is saved." in again.text
    assert "The scorecard was saved after the document was made" in again.text


def test_stale_document_shows_both_texts_and_keeps_what_it_does_not_say(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    document = filled(
        client.get(f"/reviews/{sitting.ref}/document?format=docx").data,
        {"comment_internal": "From the train."},
    )
    with write() as session:
        drafts.save(session, sitting.reviewer, sitting.ref, full_card(), 1, now=utc_now())

    shown = client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(document))
    taken = client.post(f"/reviews/{sitting.ref}", data=fields_of(shown.text))
    page = client.get(f"/reviews/{sitting.ref}").text

    assert "A strong one." in shown.text
    assert "From the train." in shown.text
    assert taken.status_code == 303
    assert "From the train.</textarea>" in page
    assert "Clear and well prepared.</textarea>" in page


def test_saved_between_the_look_and_the_taking_over_is_told_again(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)
    document = filled(
        client.get(f"/reviews/{sitting.ref}/document?format=docx").data,
        {"comment_internal": "From the train."},
    )
    shown = client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(document))
    with write() as session:
        drafts.save(session, sitting.reviewer, sitting.ref, {"comment_internal": "Here."}, 1, now=utc_now())

    told = client.post(f"/reviews/{sitting.ref}", data=fields_of(shown.text))

    assert told.status_code == 409
    assert "From the train." in told.text
    assert "Here." in told.text


def test_wrong_file_is_told_at_its_field(app: Flask, write: Opened) -> None:
    sitting, client = sit(app, write)

    nothing = client.post(f"/reviews/{sitting.ref}/offline", data={})
    text = client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(b"met, met, not met"))

    assert (nothing.status_code, text.status_code) == (422, 422)
    assert "Choose the document first." in nothing.text
    assert 'href="#f-file"' in text.text


def test_conflict_question_comes_first(app: Flask, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now(), answer=None)
        secret = sign_in(session, sitting.reviewer, utc_now())
    client = signed_in(app, secret)

    answers = [
        client.get(f"/reviews/{sitting.ref}/offline"),
        client.get(f"/reviews/{sitting.ref}/document?format=odt"),
        client.post(f"/reviews/{sitting.ref}/offline", data=uploaded(b"x")),
    ]

    assert [(a.status_code, a.location) for a in answers] == [(302, f"/reviews/{sitting.ref}/conflict")] * 3


def test_api_reads_a_document_and_takes_it_over_with_patch(app: Flask, write: Opened) -> None:
    with write() as session:
        sitting = make_sitting(session, now=utc_now())
        headers = make_token(session, sitting.reviewer, utc_now())
    client = app.test_client()
    at = f"/api/v1/reviews/{sitting.ref}"
    made = client.get(f"{at}/document?format=odt", headers=headers)
    document = filled(made.data, {"scores.9.value": "3", "confidence": "very"})

    read = client.post(f"{at}/document", data=uploaded(document), headers=headers)
    untouched = client.get(at, headers=headers).json["version"]
    taken = client.patch(
        at, json=read.json["answers"], headers=headers | {"If-Match": f'"{read.json["version"]}"'}
    )

    assert made.content_type == "application/vnd.oasis.opendocument.text"
    assert read.status_code == 200
    assert read.json["changes"] == [{"field": "scores.9.value", "saved": None, "document": 3}]
    assert [(each["field"], each["text"]) for each in read.json["problems"]] == [("confidence", "very")]
    assert (untouched, taken.status_code, taken.json["scores"]["9"]["value"]) == (1, 200, 3)
