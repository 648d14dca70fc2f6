"""services/mail_sending.py: what is kept of mails, and for how long."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from models.operation import OutgoingMail
from services import mail_sending
from services.mail import queue_mail
from tests.fixtures import NOW, Opened

DAY = timedelta(days=1)


def test_forget_old_drops_what_went_or_failed_ninety_days_ago(write: Opened, read: Opened) -> None:
    stories = {
        "sent long ago": ("sent", NOW - 91 * DAY),
        "sent of late": ("sent", NOW - 89 * DAY),
        "failed long ago": ("failed", NOW - 91 * DAY),
        "failed of late": ("failed", NOW - 89 * DAY),
        "still waiting": ("queued", NOW - 91 * DAY),
    }
    with write() as session:
        for story, (state, at) in stories.items():
            mail = queue_mail(session, "a@b.example", story, {}, language="en", now=at)
            mail.state, mail.sent_at = state, at if state == "sent" else None

    with write() as session:
        n_gone = mail_sending.forget_old(session, now=NOW)

    with read() as session:
        kept = set(session.scalars(sa.select(OutgoingMail.template)))
    assert n_gone == 2
    assert kept == {"sent of late", "failed of late", "still waiting"}
