"""Mail: what it says, that it goes once, that failures are told, that nothing typed becomes a header."""

from __future__ import annotations

import email
import email.policy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from config import ROOT
from frame.letters import WrongAddress, one_line, plain_address, write_letter
from jobs.delivery import MailServer, NotNow, WrongMailServer, by_smtp, into_folder, read_mail_server
from jobs.mail import send_next
from models.operation import OutgoingMail
from services import mail_sending
from services.mail import queue_mail
from services.mail_sending import WAITS, Due
from services.transaction import reading, transaction
from tests.fixtures import NOW, Opened
from translations.catalogues import LANGUAGES

SENDER, SITE = "Capmatch <no-reply@capmatch.example>", "https://capmatch.example"
AT = NOW.isoformat()
VALUES: dict[str, dict[str, Any]] = {
    "resume": {"kind": "request", "title": None, "link": f"{SITE}/en/drafts/S", "valid_until": AT},
    "receipt": {
        "kind": "offer",
        "ref": "OFF-2026-0001",
        "title": "Mentors & <b>trainers</b>",
        "revision": 2,
        "content_hash": "ab" * 32,
        "submitted_at": AT,
        "deadline": AT,
        "confirm_link": f"{SITE}/en/confirm/S",
        "confirm_valid_until": AT,
        "entry_link": f"{SITE}/en/offers/OFF-2026-0001",
    },
    "withdrawn": {"kind": "request", "ref": "REQ-2026-0001", "title": "T", "withdrawn_at": AT},
    "invitation": {"ref": "ASG-2026-0001", "title": "T", "due_at": AT, "link": f"{SITE}/x"},
    "review_reminder": {
        "ref": "ASG-2026-0001",
        "title": "T",
        "due_at": AT,
        "is_overdue": False,
        "link": f"{SITE}/x",
    },
    "review_overdue": {
        "entry": "REQ-2026-0001",
        "title": "T",
        "person": "Ann",
        "due_at": AT,
        "link": f"{SITE}/x",
    },
    "review_declined": {
        "entry": "REQ-2026-0001",
        "title": "T",
        "person": "Ann",
        "reason": "No time.",
        "link": f"{SITE}/x",
    },
    "conflict_to_rule": {"entry": "REQ-2026-0001", "title": "T", "person": "Ann", "link": f"{SITE}/x"},
    "glass_open": {
        "ref": "REQ-2026-0001",
        "person": "Ann",
        "reason": "A court\nasks.",
        "ends_at": "2026-06-01T12:30:00+00:00",
        "link": f"{SITE}/x",
    },
    "conflict_ruled": {"ref": "REQ-2026-0001", "is_cleared": True, "link": f"{SITE}/x"},
    "review_returned": {"ref": "ASG-2026-0001", "title": "T", "reason": "One\nonly.", "link": f"{SITE}/x"},
    "review_voided": {"entry": "REQ-2026-0001", "title": "T", "person": "Ann", "link": f"{SITE}/x"},
    "returned": {
        "kind": "request",
        "ref": "REQ-2026-0001",
        "title": "T",
        "reason": "Please say\nwhere.",
        "due_at": AT,
        "entry_link": f"{SITE}/x",
    },
    "match_proposed": {
        "kind": "offer",
        "ref": "MAT-2026-0001",
        "own_ref": "OFF-2026-0001",
        "title": None,
        "answer_by": AT,
        "link": f"{SITE}/en/matches/MAT-2026-0001",
    },
    "match_agreed": {"ref": "MAT-2026-0001", "own_ref": "OFF-2026-0001", "link": f"{SITE}/x"},
    "match_ended": {
        "ref": "MAT-2026-0001",
        "own_ref": "OFF-2026-0001",
        "state": "declined",
        "link": f"{SITE}/x",
    },
    "extended": {
        "kind": "request",
        "ref": "REQ-2026-0001",
        "title": "T",
        "until": AT,
        "due_at": None,
        "entry_link": f"{SITE}/x",
    },
    "lapsed": {
        "kind": "request",
        "ref": "REQ-2026-0001",
        "title": "T",
        "due_at": None,
        "entry_link": f"{SITE}/x",
    },
    "collaborator": {
        "kind": "request",
        "ref": "REQ-2026-0001",
        "title": "T",
        "invited_by": "Amina",
        "level": "edit",
        "link": f"{SITE}/en/collaborations/S",
        "valid_until": AT,
    },
    "consultation": {
        "ref": "REQ-2026-0001",
        "title": "T",
        "link": f"{SITE}/en/consultations/S",
        "list_link": f"{SITE}/en/consultations",
    },
    "message": {"kind": "request", "ref": "REQ-2026-0001", "entry_link": f"{SITE}/x"},
    "offer_ending": {
        "kind": "offer",
        "ref": "OFF-2026-0001",
        "title": "T",
        "ends_on": "2026-06-30",
        "has_ended": False,
        "link": f"{SITE}/en/offers/renewal/S",
    },
    "answered": {"ref": "CALL-2026-0001", "title": "T", "link": f"{SITE}/en/calls/CALL-2026-0001"},
    **{
        f"nomination_{name}": {"ref": "NOM-2026-0001", "call_title": "C", "nominee": "A <b>", **values}
        for name, values in {
            "approve": {"link": f"{SITE}/en/nominations/approval/S", "until": AT},
            "received": {},
            "refused": {"reason": "One\nonly."},
            "withdrawn": {"by": "nominee"},
            "offered": {"link": f"{SITE}/en/nominations/NOM-2026-0001", "until": AT},
            "reserve": {"link": f"{SITE}/en/nominations/NOM-2026-0001"},
            "not_chosen": {"link": f"{SITE}/en/nominations/NOM-2026-0001"},
            "approve_reminder": {"link": f"{SITE}/en/nominations/approval/S", "until": AT},
            "form_reminder": {"page": f"{SITE}/en/nominations/NOM-2026-0001", "until": AT},
            "late": {"page": f"{SITE}/en/nominations/NOM-2026-0001", "until": AT},
            "lapsed": {"who": "nominator"},
            "duplicate": {"kept": "NOM-2026-0002"},
            **{
                name: {"nominator": "Joseph", "body": "Ministry", "link": f"{SITE}/x", "until": AT}
                for name in ("invitation", "invitation_reminder")
            },
        }.items()
    },
    "sign_in": {"link": f"{SITE}/en/sign-in/S?next=/account", "valid_until": AT},
    "no_account": {"site_link": f"{SITE}/en/"},
    "new_account": {"link": f"{SITE}/en/sign-in"},
    "password_changed": {"changed_at": AT, "link": f"{SITE}/en/sign-in"},
    "decision": {
        "kind": "request",
        "ref": "REQ-2026-0001",
        "letter_ref": "LET-2026-0001",
        "decision_ref": "DEC-2026-0001",
        "title": "Mentors & <b>trainers</b>",
        "organisation": "Institute",
        "contact_name": "Amina <script>",
        "outcome": "endorsed_with_conditions",
        "conditions": "Send a budget.",
        "reason": "The criteria are met.",
        "note": None,
        "sentences": [{"text": "Strategy {strategy} is met.", "values": {"strategy": "S3"}}],
        "comments": ["Clear."],
        "date": "2026-06-01",
        "reconsider_until": "2026-06-22",
        "decision_link": f"{SITE}/en/requests/REQ-2026-0001/decision",
    },
    "recognition": {
        "kind": "offer",
        "ref": "OFF-2026-0001",
        "letter_ref": "REC-2026-0001",
        "title": "Mentors & <b>trainers</b>",
        "organisation": "Institute",
        "contact_name": None,
        "date": "2026-06-01",
        "expires_on": "2028-06-01",
        "recognition_link": f"{SITE}/en/recognitions/REC-2026-0001",
    },
    "recognition_expiring": {
        "ref": "REC-2026-0001",
        "title": "Mentors & <b>trainers</b>",
        "last_day": "2026-06-30",
        "is_over": False,
        "can_renew": True,
        "link": f"{SITE}/en/recognitions/REC-2026-0001/renewal",
    },
    "recognition_retracted": {
        "ref": "REC-2026-0001",
        "title": "T",
        "reason": "It ended\nearly.",
        "link": f"{SITE}/en/recognitions/REC-2026-0001",
    },
    "erasure_asked": {"account": 7, "link": f"{SITE}/en/account/erasures"},
}


def due(template: str = "sign_in", language: str = "en", to: str = "a@b.example", **values: Any) -> Due:
    return Due(
        1, "<1@capmatch.example>", to, language, template, VALUES[template] | values, "REQ-1", NOW, NOW
    )


def parts_of(message: EmailMessage) -> tuple[str, str]:
    text, html = (
        part.get_content()
        for part in message.walk()
        if part.get_content_type() in ("text/plain", "text/html")
    )
    return text, html


def written(due: Due) -> EmailMessage:
    """As it is read by whoever gets it."""
    return email.message_from_bytes(
        bytes(write_letter(due, sender=SENDER, site=SITE)), policy=email.policy.default
    )  # type: ignore[return-value]


# --- what it says -----------------------------------------------------------------------------------------


def test_every_template_has_both_parts_and_an_example() -> None:
    folder = ROOT / "templates" / "mail"
    names = {path.stem for path in folder.glob("[!_]*.txt")}

    assert names == {path.stem for path in folder.glob("[!_]*.html")} == set(VALUES)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("template", sorted(VALUES))
def test_letter_is_whole_in_every_language(template: str, language: str) -> None:
    message = written(due(template, language))
    text, html = parts_of(message)

    assert message["Content-Language"] == language
    assert message["Subject"]
    assert f'lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in html
    for link in (value for name, value in VALUES[template].items() if name.endswith("link")):
        if template != "receipt" or link == VALUES["receipt"]["confirm_link"]:
            assert link in text
            assert f'href="{link}"' in html
    assert "{{" not in text + html
    assert "None" not in text + html


def test_values_are_escaped_in_html_and_plain_in_text() -> None:
    text, html = parts_of(written(due("receipt")))

    assert "“Mentors & <b>trainers</b>”" in text
    assert "“Mentors &amp; &lt;b&gt;trainers&lt;/b&gt;”" in html


HOSTILE = st.text(st.sampled_from("ab:\r\n\x00\x0b\x1c\u2028\u202e %{}<>@,;\"'"), max_size=40)


@settings(max_examples=60, deadline=None)
@given(title=HOSTILE)
def test_nothing_typed_becomes_a_header(title: str) -> None:
    hostile = f"{title}\r\nBcc: evil@x.example\r\n\r\n<script>"
    message = written(due("withdrawn", title=hostile, ref=one_line(f"REQ {title}") or "REQ"))

    assert sorted(message.keys()) == sorted(
        [
            "From",
            "To",
            "Subject",
            "Date",
            "Message-ID",
            "Auto-Submitted",
            "X-Capmatch-Reference",
            "MIME-Version",
            "Content-Type",
            "Content-Language",
        ]
    )
    assert message["To"] == "a@b.example"


@pytest.mark.parametrize(
    "address",
    ["a@b.example\r\nBcc: x@y.example", "a@b.example, x@y.example", "<a@b.example>", "a b@c.example",
     "@b.example", "a@", "a", "a@b..example", "a@-", '"a\r\nb"@c.example', "a@b.example\x00", "é@b.example"],
)  # fmt: skip
def test_no_mail_goes_to_what_is_no_address(address: str) -> None:
    with pytest.raises(WrongAddress):
        plain_address(address)


def test_domain_in_any_script_goes_over_the_wire_in_ascii() -> None:
    assert plain_address("info@bücher.example") == "info@xn--bcher-kva.example"


# --- how it goes ------------------------------------------------------------------------------------------


@dataclass
class Server:
    """A real SMTP server that remembers, and answers what it is told to."""

    answer: str = "250 OK"
    taken: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802 -- aiosmtpd's name
        self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any
    ) -> str:
        if self.answer.startswith("550"):
            return self.answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.answer == "250 OK":
            found = email.message_from_bytes(envelope.content, policy=email.policy.default)
            self.taken.append(found)  # type: ignore[arg-type]
            self.recipients += envelope.rcpt_tos
        return self.answer


@pytest.fixture
def server() -> Iterator[tuple[Server, MailServer]]:
    handler = Server()
    with socket.socket() as probe:  # aiosmtpd cannot choose a free port by itself
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    controller = Controller(handler, hostname="127.0.0.1", port=port)
    controller.start()
    yield handler, read_mail_server(f"smtp://127.0.0.1:{port}")
    controller.stop()


def queue(session: Any, to: str = "a@b.example") -> None:
    queue_mail(session, to, "sign_in", VALUES["sign_in"], language="fr", now=NOW)


def states(read: Opened) -> list[tuple[str, int]]:
    with read() as session:
        rows = session.execute(sa.select(OutgoingMail.state, OutgoingMail.tries).order_by(OutgoingMail.id))
        return [tuple(row) for row in rows]


def test_mail_goes_over_real_smtp_once(
    app: Flask, write: Opened, read: Opened, server: tuple[Server, MailServer]
) -> None:
    handler, address = server
    with write() as session:
        queue(session)
    with app.app_context():
        sent = [send_next(by_smtp(address), lambda: NOW, sender=SENDER, site=SITE) for _ in range(3)]
    with read() as session:
        mail = session.execute(sa.select(OutgoingMail)).scalar_one()
        kept, message_id = mail.values, mail.message_id

    assert sent == [True, False, False]
    assert [(m["To"], m["Message-ID"], m["From"]) for m in handler.taken] == [
        ("a@b.example", message_id, SENDER)
    ]
    assert handler.recipients == ["a@b.example"]
    assert kept["link"] is None
    assert states(read) == [("sent", 1)]


def test_many_workers_send_each_mail_once(
    app: Flask, write: Opened, read: Opened, server: tuple[Server, MailServer]
) -> None:
    handler, address = server
    with write() as session:
        for n in range(12):
            queue(session, f"p{n}@b.example")

    def work() -> None:
        with app.app_context():
            while send_next(by_smtp(address), lambda: NOW, sender=SENDER, site=SITE):
                pass

    workers = [threading.Thread(target=work) for _ in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(handler.recipients) == sorted(f"p{n}@b.example" for n in range(12))
    assert states(read) == [("sent", 1)] * 12


def test_failure_is_tried_again_with_growing_pauses_then_shown(
    app: Flask, write: Opened, read: Opened, server: tuple[Server, MailServer]
) -> None:
    handler, address = server
    handler.answer = "451 try later"
    with write() as session:
        queue(session)
    second, now, sent = timedelta(seconds=1), NOW, []
    with app.app_context():
        for wait in (timedelta(0), *WAITS):
            now += wait
            for moment in (now - second, now):
                sent.append(send_next(by_smtp(address), lambda at=moment: at, sender=SENDER, site=SITE))  # type: ignore[misc]
        never = send_next(by_smtp(address), lambda: now + timedelta(days=9), sender=SENDER, site=SITE)
        with reading() as session:
            mail = session.execute(sa.select(OutgoingMail)).scalar_one()
            shown = (mail.state, mail.tries, mail.error)
    result = app.test_cli_runner().invoke(args=["jobs", "status"])

    assert (sent, never) == ([False, True] * (len(WAITS) + 1), False)
    assert shown == ("failed", 7, "the mail server answered 451")
    assert "failed after 7 tries: the mail server answered 451" in result.output
    assert "a@b.example" not in result.output


def test_failed_mail_goes_when_it_is_tried_again(
    app: Flask, write: Opened, read: Opened, server: tuple[Server, MailServer]
) -> None:
    handler, address = server
    handler.answer = "550 no such person as a@b.example"
    with write() as session:
        queue(session)
    with app.app_context():
        send_next(by_smtp(address), lambda: NOW, sender=SENDER, site=SITE)
        with reading() as session:
            number, error = session.execute(sa.select(OutgoingMail.id, OutgoingMail.error)).one()
    gone = states(read)
    retried = app.test_cli_runner().invoke(args=["jobs", "retry", str(number)])
    again = app.test_cli_runner().invoke(args=["jobs", "retry", str(number)])
    handler.answer = "250 OK"
    with app.app_context(), transaction() as session:
        session.execute(sa.update(OutgoingMail).values(try_after=NOW))
    with app.app_context():
        send_next(by_smtp(address), lambda: NOW, sender=SENDER, site=SITE)

    assert (gone, error) == ([("failed", 1)], "the mail server refused the recipient (550)")
    assert (retried.exit_code, again.exit_code) == (0, 1)
    assert states(read) == [("sent", 1)]


def test_no_server_is_not_now() -> None:
    deliver = by_smtp(read_mail_server("smtp://127.0.0.1:1"))

    with pytest.raises(NotNow, match="no connection to the mail server"):
        deliver(write_letter(due(), sender=SENDER, site=SITE), "x")


def test_starttls_is_never_skipped(server: tuple[Server, MailServer]) -> None:
    handler, address = server
    deliver = by_smtp(read_mail_server(f"smtp+starttls://u:p@127.0.0.1:{address.port}"))

    with pytest.raises(NotNow):
        deliver(write_letter(due(), sender=SENDER, site=SITE), "x")
    assert handler.taken == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp+starttls://u%40x:p%3Aw@mail.example", ("smtp+starttls", "mail.example", 587, "u@x", "p:w")),
        ("smtps://mail.example:4650", ("smtps", "mail.example", 4650, None, None)),
    ],
)
def test_mail_server_is_read(url: str, expected: tuple[object, ...]) -> None:
    read = read_mail_server(url)

    assert (read.scheme, read.host, read.port, read.user, read.password) == expected
    assert "p:w" not in repr(read)


@pytest.mark.parametrize("url", ["mail.example", "http://x", "smtp://", "smtp://x:99999", "smtp://x:a"])
def test_wrong_mail_server_is_told(url: str) -> None:
    with pytest.raises(WrongMailServer, match="SMTP_URL"):
        read_mail_server(url)


# --- when it breaks off -----------------------------------------------------------------------------------


def test_crash_between_handing_over_and_marking_repeats_the_same_message(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    names: list[tuple[str, str]] = []
    deliver = into_folder(tmp_path)

    class Killed(BaseException):
        """Stands for kill -9: nothing after it runs in that worker."""

    def dying(message: EmailMessage, name: str) -> None:
        deliver(message, name)
        names.append((name, message["Message-ID"]))
        if len(names) == 1:
            raise Killed

    with write() as session:
        queue(session)
    with app.app_context():
        with pytest.raises(Killed):
            send_next(dying, lambda: NOW, sender=SENDER, site=SITE)
        early = send_next(dying, lambda: NOW + timedelta(minutes=9), sender=SENDER, site=SITE)
        later = send_next(dying, lambda: NOW + timedelta(minutes=10), sender=SENDER, site=SITE)

    assert (early, later) == (False, True)
    assert names[0] == names[1]
    assert len(list(tmp_path.glob("*.eml"))) == 1
    assert states(read) == [("sent", 2)]


def test_lease_that_has_passed_on_marks_nothing(write: Opened, read: Opened) -> None:
    with write() as session:
        queue(session)
    with write() as session:
        first = mail_sending.take_next(session, now=NOW)
    with write() as session:
        second = mail_sending.take_next(session, now=NOW + mail_sending.LEASE)
    assert first is not None
    assert second is not None

    with write() as session:
        marked = [mail_sending.mark_sent(session, held, now=NOW) for held in (first, second)]

    assert marked == [False, True]


def test_broken_template_values_do_not_stop_the_others(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    with write() as session:
        queue_mail(session, "a@b.example", "sign_in", {}, language="en", now=NOW)
        queue_mail(session, "a@b.example", "no_such_mail", {}, language="en", now=NOW)
        queue(session)
    with app.app_context():
        while send_next(into_folder(tmp_path), lambda: NOW, sender=SENDER, site=SITE):
            pass

    assert states(read) == [("queued", 1), ("queued", 1), ("sent", 1)]


@pytest.mark.slow
def test_worker_killed_again_and_again_loses_nothing_and_ends_well(
    app: Flask, write: Opened, read: Opened, tmp_path: Path
) -> None:
    settings_ = app.config["SETTINGS"]
    environment = {
        "CAPMATCH_ENV": "test",
        "CAPMATCH_DATA": str(tmp_path),
        "DATABASE_URL": settings_.database_url,
        "SECRET_KEY": settings_.secret_key,
        "AUDIT_KEY": settings_.audit_key,
        "PATH": "/usr/bin:/bin",
    }
    with write() as session:
        for n in range(40):
            queue(session, f"p{n}@b.example")
    start = [sys.executable, "-m", "flask", "--app", "app", "jobs", "run"]
    for _ in range(3):
        worker = subprocess.Popen(
            start, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        wait_for(lambda: (tmp_path / "mail").exists() and bool(list((tmp_path / "mail").glob("*.eml"))))
        worker.kill()
        worker.wait()
    with write() as session:  # what the killed ones held
        session.execute(sa.update(OutgoingMail).values(lease_until=None))
    worker = subprocess.Popen(
        start, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    wait_for(lambda: all(state == "sent" for state, _ in states(read)))
    worker.terminate()
    said, _ = worker.communicate(timeout=20)
    letters = list((tmp_path / "mail").glob("*.eml"))

    assert len(letters) == 40
    assert worker.returncode == 0
    assert said.decode().endswith("Stopped in good order.\n")


def wait_for(condition: Any, seconds: float = 40) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited too long"
        time.sleep(0.05)
