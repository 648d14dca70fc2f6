"""The only commit in the house: a use case runs inside one `with transaction() as session`."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, OperationalError, ProgrammingError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from models.database import WRITING, db
from services import audit
from services.runtime import Runtime
from vocabulary.errors import Conflict, Invalid, Unavailable
from vocabulary.messages import Message

NO_TABLES = "no_tables"
"""Code of Unavailable where the database lacks a table or a column: it was not upgraded."""

_MISSING = ("no such table", "no such column", "has no column named")
_MISSING_STATES = ("42P01", "42703")
"""How SQLite and PostgreSQL say that a table or a column is not there."""

_providers: list[Callable[[], Runtime]] = []

CHANGED_MEANWHILE = Message("Somebody else changed this meanwhile. Load it again and repeat your change.")

CANNOT_WRITE = Message(
    "The service cannot write at the moment. Nothing was saved; try again in a few seconds."
)
CANNOT_READ = Message("The service cannot read its data at the moment. Try again in a few seconds.")
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
    except (OperationalError, ProgrammingError) as away:
        session.rollback()
        raise _refusal(away, CANNOT_WRITE) from away
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
    except (OperationalError, ProgrammingError) as away:
        raise _refusal(away, CANNOT_READ) from away
    except DataError as odd:
        raise Invalid({}, NOT_STORABLE) from odd
    finally:
        session.rollback()
        db.session.remove()


def _refusal(fault: DBAPIError, message: Message) -> Exception:
    """What to raise: a statement that the database does not understand stays a fault of ours."""
    if _lacks_tables(fault):
        return Unavailable(message, code=NO_TABLES)
    return Unavailable(message) if isinstance(fault, OperationalError) else fault


def _lacks_tables(fault: DBAPIError) -> bool:
    state = getattr(fault.orig, "sqlstate", None)
    return state in _MISSING_STATES or (state is None and any(one in str(fault.orig) for one in _MISSING))
