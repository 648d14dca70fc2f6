"""The audit trail: only with the change, in one line without forks, and any tampering with it is found."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection
from sqlalchemy.orm import Session

from models.audit import APPEND_ONLY, GENESIS, AuditEvent, AuditHead
from models.database import db
from models.operation import Heartbeat
from services import audit
from services.transaction import transaction
from tests.fixtures import NOW, Opened
from vocabulary.people import SIGNED_OUT, SYSTEM, Actor

N_EVENTS = 7
N_WRITERS = 8
EVENTS, HEAD = AuditEvent.__table__, AuditHead.__table__
CONTENT = ("at", "actor", "action", "subject_kind", "subject_ref", "before", "after", "reason", "request_id")
SEALS = ("previous_hash", "hash")


def write_events(write: Opened, n_events: int = N_EVENTS) -> None:
    """A trail of events that differ in every column, in transactions of one, two and three events."""
    numbers = iter(range(n_events))
    for size in (1, 2, 3, 1, 2, 3):
        with write() as session:
            for _, number in zip(range(size), numbers, strict=False):
                audit.record(
                    session,
                    Actor(account_id=number + 1) if number % 3 else SYSTEM,
                    f"entry.act{number}",
                    ("entry", f"REQ-2026-{number:04d}"),
                    now=NOW + timedelta(seconds=number),
                    before={"state": "draft", "n": number},
                    after={"state": "submitted", "титул": ["é", None, 1.5, number]},
                    reason=f"because {number}",
                )


def run(write: Opened, failing: Callable[[Session], None]) -> None:
    """A use case that fails inside its transaction."""
    with pytest.raises(ZeroDivisionError), write() as session:
        failing(session)


def verdict(read: Opened) -> tuple[int, bool]:
    """How many events verify counted, and whether it found a fault."""
    with read() as session:
        n_events, fault = audit.verify(session)
    return n_events, fault is not None


@contextmanager
def tampering(app: Flask) -> Iterator[Connection]:
    """Somebody who may do everything in the database, but has not the key."""
    with app.app_context(), db.engine.begin() as connection:
        is_sqlite = connection.dialect.name == "sqlite"
        if is_sqlite:
            for name in ("audit_event_no_update", "audit_event_no_delete"):
                connection.exec_driver_sql(f"DROP TRIGGER {name}")
        else:
            connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
        yield connection
        if is_sqlite:
            for statement in APPEND_ONLY["sqlite"]:
                connection.exec_driver_sql(statement)


def rows(app: Flask) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The trail and its head as they are."""
    with app.app_context(), db.engine.connect() as connection:
        events = [dict(row._mapping) for row in connection.execute(sa.select(EVENTS).order_by("sequence"))]
        head = dict(connection.execute(sa.select(HEAD)).one()._mapping)
    return events, head


def put(app: Flask, events: list[dict[str, Any]], head: dict[str, Any] | None) -> None:
    """Write another trail in the place of this one."""
    with tampering(app) as connection:
        connection.execute(EVENTS.delete())
        connection.execute(HEAD.delete())
        if events:
            connection.execute(EVENTS.insert(), events)
        if head is not None:
            connection.execute(HEAD.insert().values(**head))


# --- the ways to tamper -----------------------------------------------------------------------------------

Trail = list[dict[str, Any]]


def changed(events: Trail, at: int, other: int, column: str) -> Trail:
    """One value of one row is another one."""
    row = events[at]
    value = {
        "at": row["at"] + timedelta(microseconds=1),
        "before": {**row["before"], "n": 99},
        "after": None,
        "previous_hash": events[other]["hash"] if other != at - 1 else "0" * 63 + "1",
        "hash": events[other]["hash"][::-1],
    }.get(column, "other")
    return [*events[:at], {**row, column: value}, *events[at + 1 :]]


def deleted(events: Trail, at: int, _other: int, _column: str) -> Trail:
    """One row is gone."""
    return events[:at] + events[at + 1 :]


def deleted_and_closed(events: Trail, at: int, _other: int, _column: str) -> Trail:
    """One row is gone, and those after it are numbered and linked anew."""
    left = events[:at] + events[at + 1 :]
    previous = GENESIS
    for number, row in enumerate(left, start=1):
        left[number - 1] = {**row, "sequence": number, "previous_hash": previous}
        previous = row["hash"]
    return left


def swapped(events: Trail, at: int, other: int, _column: str) -> Trail:
    """Two rows have each other's content."""
    content = {name: events[at][name] for name in CONTENT}
    swap = list(events)
    swap[at] = {**events[at], **{name: events[other][name] for name in CONTENT}}
    swap[other] = {**events[other], **content}
    return swap


def moved(events: Trail, at: int, other: int, _column: str) -> Trail:
    """Two rows have each other's number, seals and all."""
    swap = list(events)
    swap[at] = {**events[at], "sequence": events[other]["sequence"]}
    swap[other] = {**events[other], "sequence": events[at]["sequence"]}
    return swap


def inserted(events: Trail, at: int, _other: int, _column: str) -> Trail:
    """A made-up row stands in between, as well linked as somebody without the key can."""
    before = events[:at]
    new = {**events[at], "hash": "ab" * 32, "action": "entry.invented"}
    after = [{**row, "sequence": row["sequence"] + 1} for row in events[at:]]
    after[0] = {**after[0], "previous_hash": new["hash"]}
    return [*before, new, *after]


def cut(events: Trail, at: int, _other: int, _column: str) -> Trail:
    """The end is missing."""
    return events[:at]


def prolonged(events: Trail, _at: int, _other: int, _column: str) -> Trail:
    """A made-up row stands at the end."""
    last = events[-1]
    new = {**last, "sequence": last["sequence"] + 1, "previous_hash": last["hash"], "hash": "cd" * 32}
    return [*events, new]


WAYS = (changed, deleted, deleted_and_closed, swapped, moved, inserted, cut, prolonged)
ROW = st.integers(0, N_EVENTS - 1)


def tampered_head(kind: str, events: Trail, head: dict[str, Any]) -> dict[str, Any]:
    """The head left alone, or made to fit the trail as well as somebody without the key can."""
    if kind == "kept" or not events:
        return head
    last = events[-1]
    mark = {"hash": last["hash"], "previous": last["previous_hash"], "old": head["hash"]}[kind]
    return {**head, "sequence": last["sequence"], "hash": mark}


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
@settings(
    max_examples=25,
    deadline=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    at=ROW,
    other=ROW,
    column=st.sampled_from(CONTENT + SEALS),
    head_kind=st.sampled_from(["kept", "hash", "previous", "old"]),
)
def test_any_tampering_is_found(
    app: Flask,
    write: Opened,
    read: Opened,
    way: Callable[[Trail, int, int, str], Trail],
    at: int,
    other: int,
    column: str,
    head_kind: str,
) -> None:
    if not rows(app)[0]:
        write_events(write)
    events, head = rows(app)
    other = other if other != at else (at + 1) % N_EVENTS
    tampered = way(events, at, other, column)

    put(app, tampered, tampered_head(head_kind, tampered, head))
    _, is_found = verdict(read)
    put(app, events, head)

    assert is_found
    assert verdict(read) == (N_EVENTS, False)


def test_a_trail_without_its_head_is_found(app: Flask, write: Opened, read: Opened) -> None:
    write_events(write)
    events, _head = rows(app)

    put(app, events, None)

    assert verdict(read) == (0, True)


def test_a_cut_stays_visible_when_the_service_goes_on(app: Flask, write: Opened, read: Opened) -> None:
    write_events(write)
    events, head = rows(app)
    put(app, events[:4], {**head, "sequence": 4, "hash": events[3]["hash"]})

    write_events(write, 2)

    with read() as session:
        found = audit.verify(session)
    assert found == (5, audit.AuditFault(5, "it does not follow the event before it"))


def test_another_key_does_not_verify(app: Flask, write: Opened, read: Opened) -> None:
    write_events(write)
    runtime = app.extensions["capmatch_runtime"]
    others = type(runtime)(b"x" * 32, b"y" * 32, runtime.data_dir, runtime.address)

    with read() as session:
        session.info["runtime"] = others
        _, fault = audit.verify(session)

    assert fault == audit.AuditFault(1, "its content was changed")


def test_an_untouched_trail_verifies(write: Opened, read: Opened) -> None:
    write_events(write)

    assert verdict(read) == (N_EVENTS, False)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_event SET reason = 'other' WHERE sequence = 3",
        "DELETE FROM audit_event WHERE sequence = 3",
        "DELETE FROM audit_event",
    ],
)
def test_the_database_refuses_to_change_or_delete_an_event(
    app: Flask, write: Opened, read: Opened, statement: str
) -> None:
    write_events(write)

    with (
        app.app_context(),
        db.engine.connect() as connection,
        pytest.raises(sa.exc.DatabaseError, match="append-only"),
    ):
        connection.exec_driver_sql(statement)

    assert verdict(read) == (N_EVENTS, False)


def test_an_event_is_written_only_with_its_change(write: Opened, read: Opened) -> None:
    def fails_late(session: Session) -> None:
        session.add(Heartbeat(name="half", at=NOW))
        audit.record(session, SIGNED_OUT, "entry.submit", ("entry", "REQ-2026-0001"), now=NOW)
        session.flush()
        raise ZeroDivisionError

    run(write, fails_late)

    with read() as session:
        left = session.execute(sa.select(sa.func.count()).select_from(Heartbeat)).scalar_one()
    assert (left, verdict(read)) == (0, (0, False))


def test_an_event_of_a_change_that_is_refused_is_not_written_with_the_next(
    write: Opened, read: Opened
) -> None:
    def fails(session: Session) -> None:
        audit.record(session, SIGNED_OUT, "entry.refused", ("entry", "x"), now=NOW)
        raise ZeroDivisionError

    run(write, fails)

    with write() as session:
        audit.record(session, SIGNED_OUT, "entry.taken", ("entry", "x"), now=NOW)

    with read() as session:
        assert session.execute(sa.select(AuditEvent.action)).scalars().all() == ["entry.taken"]


def test_a_reader_writes_no_event(app: Flask, read: Opened) -> None:
    with read() as session:
        audit.record(session, SIGNED_OUT, "entry.read", ("entry", "x"), now=NOW)

    assert verdict(read) == (0, False)


def test_eight_writers_at_once_make_one_chain_without_forks(app: Flask, read: Opened) -> None:
    n_each, failures = 10, []
    begin = threading.Barrier(N_WRITERS)

    def work(writer: int) -> None:
        begin.wait()
        for number in range(n_each):
            try:
                with app.app_context(), transaction() as session:
                    audit.record(session, SYSTEM, "entry.act", ("entry", f"{writer}-{number}"), now=NOW)
            except Exception as error:
                failures.append(error)

    threads = [threading.Thread(target=work, args=(writer,)) for writer in range(N_WRITERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert failures == []
    assert verdict(read) == (N_WRITERS * n_each, False)
    with read() as session:
        subjects = session.execute(sa.select(AuditEvent.subject_ref)).scalars().all()
    assert sorted(subjects) == sorted(f"{w}-{n}" for w in range(N_WRITERS) for n in range(n_each))
