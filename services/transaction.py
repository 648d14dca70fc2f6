"""The only commit in the house: a use case runs inside one `with transaction() as session`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models.database import WRITING, db
from services import audit
from services.runtime import Runtime
from vocabulary.errors import Conflict, Invalid, Unavailable
from vocabulary.messages import Message

_providers: list[Callable[[], Runtime]] = []

CHANGED_MEANWHILE = Message("Somebody else changed this meanwhile. Load it again and repeat your change.")

NOT_STORABLE = Message(
    "This text holds a character that cannot be stored. Type it anew or paste it as plain text."
)


def install_runtime(provider: Callable[[], Runtime]) -> None:
    """Tell transactions where the Runtime is; called once by the composition root."""
    _providers[:] = [provider]


def _open() -> Session:
    session: Session = db.session()
    session.info["runtime"] = _providers[0]()
    return session


@contextmanager
def transaction() -> Iterator[Session]:
    """Write: all of it, with its audit events, or nothing.

    Raises Conflict when a row changed since it was read, Unavailable when the database does not
    take the write (full, read-only, away), Invalid when it cannot hold a value (PostgreSQL keeps no NUL);
    whatever else the use case raises passes through.
    """
    session = _open()
    if session.in_transaction():
        raise RuntimeError("a transaction is already open in this thread; end the reading first")
    try:
        session.connection(execution_options={WRITING: True})
        yield session
        audit.seal(session)
        session.commit()
    except StaleDataError as stale:
        session.rollback()
        raise Conflict(CHANGED_MEANWHILE, code="version_conflict") from stale
    except IntegrityError as broken:
        session.rollback()
        raise Conflict(CHANGED_MEANWHILE, code="integrity") from broken
    except OperationalError as away:
        session.rollback()
        raise Unavailable(
            Message("The service cannot write at the moment. Nothing was saved; try again in a few seconds.")
        ) from away
    except DataError as odd:
        session.rollback()
        raise Invalid({}, NOT_STORABLE) from odd
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("audit_pending", None)
        db.session.remove()


@contextmanager
def reading() -> Iterator[Session]:
    """Read only: everything seen is from one moment, and nothing is written."""
    session = _open()
    try:
        yield session
    except OperationalError as away:
        raise Unavailable(
            Message("The service cannot read its data at the moment. Try again in a few seconds.")
        ) from away
    except DataError as odd:
        raise Invalid({}, NOT_STORABLE) from odd
    finally:
        session.rollback()
        db.session.remove()
