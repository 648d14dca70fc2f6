"""Send the mails that wait, one after the other, each under a lease of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from email.errors import MessageError

import structlog
from jinja2 import TemplateError

from frame.letters import WrongAddress, write_letter
from jobs.delivery import Deliver, Never, NotNow
from services import mail_sending
from services.mail_sending import Due
from services.transaction import transaction

log = structlog.get_logger("capmatch.mail")

Clock = Callable[[], datetime]


def send_next(deliver: Deliver, clock: Clock, *, sender: str, site: str) -> bool:
    """Take one mail, hand it over, note what became of it. False when none is due."""
    with transaction() as session:
        due = mail_sending.take_next(session, now=clock())
    if due is None:
        return False
    error, is_final = _hand_over(due, deliver, sender, site)
    with transaction() as session:
        if error is None:
            mail_sending.mark_sent(session, due, now=clock())
            state: str | None = "sent"
        else:
            state = mail_sending.mark_failed(session, due, error, is_final=is_final, now=clock())
    log.info("mail", mail=due.id, template=due.template, state=state, error=error)
    return True


def _hand_over(due: Due, deliver: Deliver, sender: str, site: str) -> tuple[str | None, bool]:
    """What went wrong, in words without an address, and whether another try is of no use."""
    try:
        message = write_letter(due, sender=sender, site=site)
        deliver(message, f"{due.created_at:%Y%m%dT%H%M%S}-{due.id:06d}-{due.template}")
    except Never as refused:
        return str(refused), True
    except NotNow as later:
        return str(later), False
    except WrongAddress as wrong:
        return str(wrong), True
    except (TemplateError, MessageError, ValueError, LookupError) as fault:
        log.exception("mail cannot be written", mail=due.id, template=due.template)
        return f"the mail cannot be written ({type(fault).__name__})", False
    return None, False
