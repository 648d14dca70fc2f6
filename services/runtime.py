"""What a use case may know of the running service: keys, folders, the public address.

`app.py` fills one in; tests make their own. It travels in `session.info`, so that a service needs
no web framework to find it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session


def no_request() -> str | None:
    """Outside a web request there is no request id."""
    return None


@dataclass(frozen=True, slots=True)
class Runtime:
    """Settings that use cases need.

    Attributes
    ----------
    secret_key, audit_key : bytes
        Keys for hashes of secrets and for the seal of the audit trail; never shown, never logged.
    data_dir : Path
        Where attachments and, in development, mail are written.
    address : str
        Public address without a final slash, for links in mails.
    upload_max_bytes : int
        Largest attachment taken, in bytes.
    request_id : callable
        The id of the web request under way, or None.
    """

    secret_key: bytes
    audit_key: bytes
    data_dir: Path
    address: str
    upload_max_bytes: int = 10 * 1024 * 1024
    mail_folder: Path | None = None
    request_id: Callable[[], str | None] = no_request


def runtime(session: Session) -> Runtime:
    """The Runtime this session was opened with."""
    found: Runtime = session.info["runtime"]
    return found
