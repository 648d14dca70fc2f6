"""Queue a mail in the transaction that causes it; a job sends it afterwards.

Templates queued by the use cases of entries, with their values:

- `resume`: `kind` (request or offer), `title` (may be null), `link`, `valid_until` (ISO time): to go on.
- `receipt`: `kind`, `ref`, `title`, `revision`, `content_hash`, `submitted_at`, `deadline` (ISO time or
  null), `confirm_link` (null when the address is confirmed), `confirm_valid_until`, `entry_link`.
- `collaborator`: `kind`, `ref`, `title`, `invited_by`, `level`, `link`, `valid_until`: to help with an entry.
- `consultation`: `ref`, `title`, `link` (to answer), `list_link`: to the focal point of a country.
- `message`: `kind`, `ref`, `entry_link`: something was written about an entry; never its words.
- `withdrawn`: `kind`, `ref`, `title`, `withdrawn_at`.
- `returned`: `kind`, `ref`, `title`, `reason`, `due_at` (ISO time or null), `entry_link`.
- `extended`: the same with `until` in place of `reason`; `lapsed`: the same without either.
- `offer_ending`: as `lapsed`, with `ends_on` (a day), `has_ended` and `link` (to answer with one button).
- `answered`: `ref`, `title`, `link`: a question about a call has its answer.

A link in `values` holds a secret, so the job blanks it once the mail has gone.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from models.operation import OutgoingMail
from services.runtime import runtime
from services.secrets import new_secret


def queue_mail(
    session: Session,
    to: str,
    template: str,
    values: Mapping[str, Any],
    *,
    language: str,
    now: datetime,
    subject_ref: str | None = None,
) -> OutgoingMail:
    """Write a mail to be sent; `values` are JSON values. It goes only if the transaction does."""
    domain = runtime(session).address.split("://", 1)[-1].split("/")[0].split(":")[0]
    mail = OutgoingMail(
        message_id=f"<{new_secret()[:32]}@{domain}>",
        to_email=to.lower(),
        language=language,
        template=template,
        values=dict(values),
        state="queued",
        subject_ref=subject_ref,
        try_after=now,
        created_at=now,
    )
    session.add(mail)
    return mail
