"""Recognitions: of what was endorsed and consented to only; a page that confirms, and a tombstone."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from services import outbox, recognitions
from services.queries.statistics import score_rows, statistics
from services.recognitions import Standing, issue, page, retract
from services.tables import as_csv, as_xlsx
from tests.factories import MADE_AT
from tests.fixtures import Opened
from tests.panels import MET, NOT_MET, card_of, make_bench, make_decided, make_reviewed
from tests.services.test_decisions import make_released
from tests.services.test_panels import declare_conflict
from vocabulary.errors import Conflict, Invalid, NotFound, Refused
from vocabulary.people import SIGNED_OUT

LAST = date(2027, 6, 1)


def test_a_recognition_is_confirmed_to_everybody_until_its_last_day(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)

        made = issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)

        shown = page(session, SIGNED_OUT, made.ref, now=MADE_AT)
        assert (shown.standing, shown.title, shown.organisation) == (
            Standing.VALID, entry.title, "Institute of Savannah Studies",
        )  # fmt: skip
        after = MADE_AT.replace(year=2027) + timedelta(days=1)
        assert page(session, SIGNED_OUT, made.ref, now=after).standing is Standing.EXPIRED


def test_its_letter_waits_until_a_decider_sends_it(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)
        issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)
        (row,) = outbox.outbox(session, bench.officer, "draft", now=MADE_AT).rows
        assert (row.template, row.may_release) == ("recognition", False)
        with pytest.raises(Refused):
            outbox.release(session, bench.officer, row.id, now=MADE_AT)

        mail = outbox.release(session, bench.decider, row.id, now=MADE_AT)

        assert (mail.state, mail.approved_by_id) == ("queued", bench.decider.account_id)
        with pytest.raises(Conflict):
            outbox.release(session, bench.decider, row.id, now=MADE_AT)


def test_a_retracted_recognition_leaves_a_page_that_says_so_and_no_more(write: Opened):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)
        made = issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)
        with pytest.raises(Invalid):
            retract(session, bench.officer, made.ref, " ", made.version, now=MADE_AT)

        retract(session, bench.officer, made.ref, "It ended early.", made.version, now=MADE_AT)

        shown = page(session, SIGNED_OUT, made.ref, now=MADE_AT)
        assert (shown.standing, shown.title, shown.organisation, shown.retraction_reason) == (
            Standing.RETRACTED, None, None, "It ended early.",
        )  # fmt: skip
        again = issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)
        assert again.ref != made.ref


@pytest.mark.parametrize("outcome", ["reserve", "not_endorsed"])
def test_only_what_was_endorsed_is_recognised(write: Opened, outcome):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, outcome)

        with pytest.raises(Conflict) as refused:
            issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)

        assert refused.value.code == "not_endorsed"


def test_nothing_is_recognised_before_the_release_or_without_consent_or_twice(write: Opened):
    with write() as session:
        bench = make_bench(session)
        waiting = make_decided(session, bench)
        with pytest.raises(Conflict) as early:
            issue(session, bench.officer, waiting.ref, LAST, now=MADE_AT)
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench, public_fields=["summary"])
        with pytest.raises(Conflict) as closed:
            issue(session, bench.officer, entry.ref, LAST, now=MADE_AT)
        open_, _ = make_released(session, bench)
        issue(session, bench.officer, open_.ref, LAST, now=MADE_AT)
        with pytest.raises(Conflict) as twice:
            issue(session, bench.officer, open_.ref, LAST, now=MADE_AT)

    codes = (early.value.code, closed.value.code, twice.value.code)
    assert codes == ("not_endorsed", "no_consent", "recognised")


@pytest.mark.parametrize("last", [date(2026, 6, 1), date(2020, 1, 1), date(2040, 1, 1)])
def test_it_holds_until_a_day_within_ten_years(write: Opened, last):
    with write() as session:
        bench = make_bench(session)
        entry, _ = make_released(session, bench)

        with pytest.raises(Invalid) as refused:
            issue(session, bench.officer, entry.ref, last, now=MADE_AT)

        assert set(refused.value.errors) == {"expires_on"}


def test_an_unknown_recognition_is_not_found(write: Opened):
    with write() as session, pytest.raises(NotFound):
        recognitions.page(session, SIGNED_OUT, "REC-1999-0001", now=MADE_AT)


# --- figures and files ------------------------------------------------------------------------------------


def test_figures_count_what_the_reader_may_see(write: Opened):
    with write() as session:
        bench = make_bench(session)
        make_reviewed(session, bench, (MET, MET, NOT_MET))
        make_decided(session, bench)
        without = statistics(session, bench.officer, bench.call, language="en", now=MADE_AT)
        barred = make_reviewed(session, bench, (NOT_MET,) * 3)
        declare_conflict(session, bench.officer, barred)

        found = statistics(session, bench.officer, bench.call, language="en", now=MADE_AT)

        assert found == without
        assert [(str(name), n) for name, n in found.states] == [("decided", 1), ("in review", 1)]
        assert [(str(name), n) for name, n in found.verdicts] == [("Met", 2)]
        assert (found.together.n_pairs, found.together.n_items) == (24, 2)


def test_scores_go_out_long_and_wide_with_formulas_made_harmless(write: Opened):
    with write() as session:
        bench = make_bench(session)
        odd = card_of(MET)
        odd["scores"]["9"]["evidence"] = '=HYPERLINK("https://evil.example")'
        make_reviewed(session, bench, (odd, {"9": None, "10": 2, "11": 2, "12": 2}))
        with pytest.raises(Invalid):
            score_rows(session, bench.officer, bench.call, "long", " ", now=MADE_AT)
        with pytest.raises(Refused):
            score_rows(session, bench.moderator, bench.call, "long", "x", now=MADE_AT)

        columns, rows = score_rows(session, bench.officer, bench.call, "long", "report", now=MADE_AT)
        wide_columns, wide = score_rows(session, bench.officer, bench.call, "wide", "report", now=MADE_AT)

    assert len(rows) == 8
    assert "'=HYPERLINK" in as_csv(columns, rows).decode("utf-8-sig")
    assert as_xlsx(columns, rows).startswith(b"PK")
    assert wide_columns[-4:] == ("9", "10", "11", "12")
    assert [[row[code] for code in ("9", "10")] for row in wide] == [[2, 2], ["–", 2]]
