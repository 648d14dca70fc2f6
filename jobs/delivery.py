"""How does a message leave? By SMTP, or into a folder where there is no mail server (as in the demo).

A hand-over ends in one of three ways: it was taken, it was not taken and may be later (NotNow), or it never
will be (Never). Neither carries an address or a password in its text.
"""

from __future__ import annotations

import os
import smtplib
import ssl
import tempfile
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from urllib.parse import unquote, urlsplit

SECONDS = 30
"""How long a mail server may stay silent."""

Deliver = Callable[[EmailMessage, str], None]
"""Hand over a message; the text is a file name for it, the same each time it is tried."""

_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


class WrongMailServer(Exception):
    """SMTP_URL cannot be read; the text says what would be right."""


class NotNow(Exception):
    """The message was not taken; it may be later."""


class Never(Exception):
    """The message was refused for good."""


@dataclass(frozen=True, slots=True, repr=False)
class MailServer:
    """Where and how to hand over mail. Has no repr, so that no log shows the password."""

    scheme: str
    host: str
    port: int
    user: str | None
    password: str | None


def read_mail_server(url: str) -> MailServer:
    """Read SMTP_URL. Raises WrongMailServer."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WrongMailServer("SMTP_URL: the port must be a number from 1 to 65535.") from None
    if parts.scheme not in _PORTS or not parts.hostname:
        raise WrongMailServer(
            "SMTP_URL must look like smtp+starttls://user:password@host:587; "
            "smtps:// and plain smtp:// are known too."
        )
    return MailServer(
        parts.scheme,
        parts.hostname,
        port or _PORTS[parts.scheme],
        unquote(parts.username) if parts.username else None,
        unquote(parts.password) if parts.password else None,
    )


def by_smtp(server: MailServer) -> Deliver:
    """Hand messages to a mail server, one connection each, so that a dead connection spoils one only."""

    def deliver(message: EmailMessage, _name: str) -> None:
        try:
            with _connection(server) as connection:
                if server.user is not None:
                    connection.login(server.user, server.password or "")
                connection.send_message(message)
        except (smtplib.SMTPException, OSError) as error:
            raise _told(error) from error

    return deliver


def _connection(server: MailServer) -> smtplib.SMTP:
    if server.scheme == "smtps":
        return smtplib.SMTP_SSL(
            server.host, server.port, timeout=SECONDS, context=ssl.create_default_context()
        )
    connection = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    if server.scheme == "smtp+starttls":
        try:
            connection.starttls(context=ssl.create_default_context())
        except BaseException:
            connection.close()
            raise
    return connection


def _told(error: Exception) -> NotNow | Never:
    """What became of it, in the numbers of the mail server: its words may repeat the address."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code = max(code for code, _ in error.recipients.values())
        kind = Never if 500 <= code < 600 else NotNow
        return kind(f"the mail server refused the recipient ({code})")
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return NotNow(f"the mail server refused our sign-in ({error.smtp_code})")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return NotNow("the mail server does not offer what SMTP_URL asks for")
    if isinstance(error, smtplib.SMTPResponseException):
        kind = Never if isinstance(error, smtplib.SMTPDataError) and error.smtp_code >= 500 else NotNow
        return kind(f"the mail server answered {error.smtp_code}")
    return NotNow(f"no connection to the mail server ({type(error).__name__})")


def into_folder(folder: Path) -> Deliver:
    """Write messages as .eml files; the same message is written once, however often it is tried."""

    def deliver(message: EmailMessage, name: str) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            _write_whole(folder / f"{name}.eml", bytes(message))
        except OSError as error:
            raise NotNow(f"the mail folder cannot be written ({type(error).__name__})") from error

    return deliver


def _write_whole(path: Path, content: bytes) -> None:
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".", delete=False) as draft:
        try:
            draft.write(content)
            draft.flush()
            os.fsync(draft.fileno())
            Path(draft.name).chmod(0o640)
            Path(draft.name).replace(path)
        except BaseException:
            with suppress(FileNotFoundError):
                Path(draft.name).unlink()
            raise
