"""Is an organisation found again, renamed and merged without losing where it came from?"""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from models.audit import AuditEvent
from models.entries import Entry
from models.people import Organisation
from services.organisations import merge, rename
from tests.factories import OFFICER, make_actor, make_submitted
from tests.fixtures import NOW, Opened
from vocabulary.errors import Conflict, Invalid, Refused
from vocabulary.people import Role


def test_merge_moves_entries_and_keeps_the_row(write: Opened, read: Opened) -> None:
    with write() as session:
        one = make_submitted(session, organisation_name="Savannah Institute")
        two = make_submitted(session, organisation_name="Savanna Institute")
        gone, kept = (session.get_one(Organisation, entry.organisation_id) for entry in (one, two))
        refs = (gone.ref, kept.ref)
        merge(session, OFFICER, *refs, gone.version, "One body.", now=NOW)
        again = make_submitted(session, organisation_name="SAVANNAH INSTITUTE")
        kept_id = kept.id

    with read() as session:
        rows = {row.ref: row for row in session.execute(sa.select(Organisation)).scalars()}
        event = session.execute(
            sa.select(AuditEvent).where(AuditEvent.action == "organisation.merge")
        ).scalar_one()

        assert (rows[refs[0]].merged_into_id, rows[refs[0]].name) == (kept_id, "Savannah Institute")
        assert rows[refs[1]].aliases == ["Savannah Institute"]
        assert set(session.execute(sa.select(Entry.organisation_id)).scalars()) == {kept_id}
        assert (event.reason, event.after["into"], len(event.after["entries"])) == ("One body.", refs[1], 1)
    assert again is not None


def test_rename_keeps_the_old_name_findable(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session, organisation_name="Old Name")
        row = session.get_one(Organisation, entry.organisation_id)
        rename(session, OFFICER, row.ref, "New Name", row.version, now=NOW)
        again = make_submitted(session, organisation_name="old name")

        assert (row.name, row.aliases) == ("New Name", ["Old Name"])
        assert again.organisation_id == row.id


def test_same_name_in_another_country_is_another_body(write: Opened) -> None:
    with write() as session:
        kenya = make_submitted(session)
        brazil = make_submitted(session, organisation_country="BRA")

        assert kenya.organisation_id != brazil.organisation_id


def test_only_officers_merge_and_rename(write: Opened) -> None:
    with write() as session:
        entry = make_submitted(session)
        row = session.get_one(Organisation, entry.organisation_id)

        for role in (Role.PARTNER, Role.ADMIN, Role.REVIEWER):
            with pytest.raises(Refused):
                rename(session, make_actor(session, role), row.ref, "X", row.version, now=NOW)


def test_wrong_merges_are_refused(write: Opened) -> None:
    with write() as session:
        one = make_submitted(session, organisation_name="A A")
        two = make_submitted(session, organisation_name="B B")
        first, second = (session.get_one(Organisation, entry.organisation_id) for entry in (one, two))

        with pytest.raises(Invalid):
            merge(session, OFFICER, first.ref, first.ref, first.version, "x", now=NOW)
        with pytest.raises(Conflict):
            merge(session, OFFICER, first.ref, second.ref, first.version + 1, "x", now=NOW)
        merge(session, OFFICER, first.ref, second.ref, first.version, "x", now=NOW)
        with pytest.raises(Conflict):
            merge(session, OFFICER, second.ref, first.ref, second.version, "x", now=NOW)
