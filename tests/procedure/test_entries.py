"""procedure/entries.py: what keeps an entry from being submitted, and what is only odd."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from procedure.entries import FIELDS, errors_for_submission, warnings_for_submission
from vocabulary.states import EntryKind

REQUEST, OFFER = EntryKind.REQUEST, EntryKind.OFFER
TODAY = date(2026, 6, 1)
SHARED: dict[str, Any] = {
    "language": "fr",
    "title": "Évaluation nationale",
    "summary": "Une évaluation des zones humides.",
    "support": ["technical"],
    "organisation_name": "Institut des zones humides",
    "contact_name": "Awa Exemple",
    "contact_email": "awa@institut.example",
    "consent_terms": True,
}
CONTENT: dict[EntryKind, dict[str, Any]] = {
    REQUEST: {
        **SHARED,
        "need": "Il manque des modélisateurs.",
        "activities": "Deux ateliers.",
        "strategies": ["S3"],
        "countries": ["SEN"],
    },
    OFFER: {**SHARED, "contribution": "direct", "scopes": ["global"], "valid_until": "2027-06-01"},
}
LONG = "This has {} words; at most {} fit."
TERMS = "Agree to the terms, so that we may keep and use what you wrote."
DATE = "This is not a date. One looks like 2026-06-30."
AMOUNT = "Give an amount above zero, in figures, or leave it out."
EMAIL = "This is not an e-mail address. One looks like name@example.org."


def errors(kind: EntryKind, **changes: Any) -> dict[str, list[str]]:
    return errors_for_submission(kind, CONTENT[kind] | changes, today=TODAY)


@pytest.mark.parametrize(
    ("kind", "changes"),
    [
        (REQUEST, {}),
        (OFFER, {}),
        (REQUEST, {"countries": [], "regions": ["africa"]}),
        (OFFER, {"scopes": [], "countries": ["SEN"]}),
        (REQUEST, {"summary": "mot " * 150}),
        (REQUEST, {"summary": "能力建设" * 75}),
        (REQUEST, {"amount_needed": "9000", "amount_sought": Decimal("9000.00"), "currency": "EUR"}),
        (OFFER, {"amount_ceiling": Decimal(5), "currency": "EUR"}),
        (OFFER, {"amount_ceiling": "0.01", "currency": "EUR"}),
        (OFFER, {"scopes": [], "regions": ["africa"]}),
        (REQUEST, {"self_assessment": {"9": {"finding": "", "text": ""}, "10": {"finding": None}}}),
        (REQUEST, {"starts_on": "2026-07-01", "ends_on": date(2026, 7, 1)}),
        (REQUEST, {"starts_on": "2020-01-01", "ends_on": "2026-06-01"}),
        (REQUEST, {"essential_support": ["technical"], "support": ["technical", "training"]}),
        (REQUEST, {"contact_way": "phone", "contact_phone": "+221 33 000 00 00"}),
        (REQUEST, {"focal_point_consulted": "no"}),
        (
            REQUEST,
            {
                "focal_point_consulted": "yes",
                "focal_point_name": "M. Exemple",
                "focal_point_consulted_on": "2026-06-01",
            },
        ),
        (REQUEST, {"self_assessment": {"9": {"finding": "met", "text": "Voir 2."}, "10": {}}}),
        (REQUEST, {"public_fields": ["title", "summary", "amount_sought"]}),
        (OFFER, {"capacity": 1, "capacity_unit": "places"}),
        (OFFER, {"valid_until": TODAY}),
    ],
)
def test_errors_for_submission_finds_nothing_wrong_with_a_complete_entry(kind, changes):
    assert errors(kind, **changes) == {}


@pytest.mark.parametrize(
    ("kind", "missing"),
    [
        (
            REQUEST,
            "language title summary need activities strategies countries support organisation_name "
            "contact_name contact_email consent_terms",
        ),
        (
            OFFER,
            "language title summary countries support organisation_name contact_name contact_email "
            "consent_terms contribution valid_until",
        ),
    ],
)
def test_errors_for_submission_asks_for_everything_missing_in_the_order_of_the_form(kind, missing):
    empty = errors_for_submission(kind, {})
    blank = errors_for_submission(
        kind, {name: [] if name == "support" else "  " for name in missing.split()[:3]}
    )

    assert list(empty) == missing.split()
    assert [len(messages) for messages in empty.values()] == [1] * len(empty)
    assert blank == empty


@pytest.mark.parametrize("kind", EntryKind)
def test_errors_for_submission_asks_for_each_needed_field_on_its_own(kind):
    for name in errors_for_submission(kind, {}):
        places = {"countries": [], "regions": [], "scopes": []} if name == "countries" else {name: None}

        assert list(errors(kind, **places)) == [name]


def test_errors_for_submission_takes_any_empty_list_for_empty():
    assert errors(REQUEST, support=()) == errors(REQUEST, support=[]) != {}


def test_fields_are_the_names_that_forms_api_files_and_revisions_share():
    shared = (
        "language title summary need activities results strategies initiatives needs deliverables categories "
        "countries regions scopes ecosystems support essential_support languages level stage currency "
        "starts_on ends_on organisation_name organisation_acronym organisation_kind organisation_country "
        "organisation_site contact_name contact_email contact_phone contact_way consent_terms public_fields"
    )
    of_request = (
        "amount_needed amount_sought people_involved iplc_involved stakeholders guidance_used "
        "same_request_elsewhere focal_point_consulted focal_point_name focal_point_consulted_on "
        "self_assessment"
    )
    of_offer = (
        "contribution amount_ceiling amount_per_request capacity capacity_unit cost_terms conditions "
        "seeks_recognition valid_until"
    )

    assert FIELDS[REQUEST] == (*shared.split(), *of_request.split())
    assert FIELDS[OFFER] == (*shared.split(), *of_offer.split())


def test_request_needs_a_country_or_region_and_not_only_a_scope():
    assert errors(REQUEST, countries=[], scopes=["global"]) == {
        "countries": ["Choose at least one country or region."]
    }


@pytest.mark.parametrize(
    ("kind", "changes", "expected"),
    [
        (REQUEST, {"summary": "mot " * 151}, {"summary": [LONG.format(151, 150)]}),
        (REQUEST, {"summary": "能力建设" * 76}, {"summary": [LONG.format(152, 150)]}),
        (REQUEST, {"need": "mot " * 1501}, {"need": [LONG.format(1501, 1500)]}),
        (OFFER, {"conditions": "mot " * 1501}, {"conditions": [LONG.format(1501, 1500)]}),
        (REQUEST, {"consent_terms": False}, {"consent_terms": [TERMS]}),
        *(
            (REQUEST, {"contact_email": bad}, {"contact_email": [EMAIL]})
            for bad in ("a", "@b.org", "a@b", "a b@c.org", "a@b@c.org", "a@.", "a@.org.")
        ),
        (
            REQUEST,
            {"contact_way": "phone"},
            {"contact_phone": ["Give the number, since you wish to be phoned."]},
        ),
        (REQUEST, {"amount_needed": 5}, {"currency": ["Choose the currency of the amount."]}),
        (REQUEST, {"amount_sought": "viel", "currency": "EUR"}, {"amount_sought": [AMOUNT]}),
        (REQUEST, {"amount_needed": 0, "currency": "EUR"}, {"amount_needed": [AMOUNT]}),
        (REQUEST, {"amount_needed": "Infinity", "currency": "EUR"}, {"amount_needed": [AMOUNT]}),
        (OFFER, {"amount_ceiling": -1, "currency": "EUR"}, {"amount_ceiling": [AMOUNT]}),
        (
            REQUEST,
            {"amount_needed": 10, "amount_sought": "10.01", "currency": "EUR"},
            {
                "amount_sought": [
                    "You seek more than is needed in all. Lower this, or raise the amount needed."
                ]
            },
        ),
        (
            OFFER,
            {"amount_ceiling": 10, "amount_per_request": 11, "currency": "EUR"},
            {
                "amount_per_request": [
                    "This is more than the ceiling of the whole offer. Lower it, or raise that."
                ]
            },
        ),
        (REQUEST, {"starts_on": "2026-02-30"}, {"starts_on": [DATE]}),
        (OFFER, {"valid_until": "soon"}, {"valid_until": [DATE]}),
        (
            REQUEST,
            {"starts_on": date(2026, 7, 2), "ends_on": "2026-07-01"},
            {"ends_on": ["The end lies before the start. Change one of the two dates."]},
        ),
        (
            REQUEST,
            {"ends_on": "2026-05-31"},
            {"ends_on": ["This date has passed. Give a date to come, or leave it out."]},
        ),
        (
            OFFER,
            {"valid_until": "2026-05-31"},
            {"valid_until": ["This date has passed. Give a date to come."]},
        ),
        (
            REQUEST,
            {"essential_support": ["training"]},
            {"essential_support": ["Choose what is essential among the kinds of support, too."]},
        ),
        (
            REQUEST,
            {"focal_point_consulted": "yes"},
            {
                "focal_point_name": ["Name the national focal point you consulted."],
                "focal_point_consulted_on": ["Say when you consulted the national focal point."],
            },
        ),
        (
            REQUEST,
            {"focal_point_consulted_on": "2026-06-02"},
            {"focal_point_consulted_on": ["This date is still to come. Give the date of the consultation."]},
        ),
        (
            REQUEST,
            {"self_assessment": {"9": {"finding": "yes", "text": "mot " * 121}}},
            {
                "self_assessment": [
                    "Criterion 9: choose met, not met or unclear.",
                    "Criterion 9: this has 121 words; at most 120 fit.",
                ]
            },
        ),
        (
            REQUEST,
            {"public_fields": ["title", "capacity"]},
            {"public_fields": ["There is no field capacity."]},
        ),
        *(
            (
                OFFER,
                {"capacity": bad, "capacity_unit": "places"},
                {"capacity": ["Give a whole number of at least 1, or leave it out if there is no limit."]},
            )
            for bad in (0, -1, 1.5, True, "many")
        ),
        (
            OFFER,
            {"capacity": 3},
            {"capacity_unit": ["Say what the capacity counts: places or projects."]},
        ),
    ],
)
def test_errors_for_submission_names_the_field_and_what_would_be_right(kind, changes, expected):
    assert errors(kind, **changes) == expected


def test_errors_for_submission_without_today_asks_nothing_about_the_present():
    old = CONTENT[REQUEST] | {"ends_on": "2016-12-31", "focal_point_consulted_on": "2099-01-01"}

    assert errors_for_submission(REQUEST, old) == {}


@given(
    kind=st.sampled_from(EntryKind),
    content=st.dictionaries(
        st.sampled_from(sorted(set(FIELDS[REQUEST] + FIELDS[OFFER]) - {"self_assessment"})),
        st.none()
        | st.booleans()
        | st.text(max_size=30)
        | st.integers()
        | st.lists(st.text(max_size=5), max_size=3),
    ),
)
@settings(deadline=None)
def test_errors_for_submission_answers_anything_with_errors_by_field(kind, content):
    lists = {"countries", "regions", "scopes", "support", "essential_support", "public_fields", "strategies"}
    shaped = {k: v for k, v in content.items() if isinstance(v, list) == (k in lists)}

    found = errors_for_submission(kind, shaped, today=TODAY)

    assert set(found) <= set(FIELDS[kind])


def test_warnings_for_submission_point_at_initiatives_of_other_strategies():
    of_strategy = {"1a": "S1", "2b": "S2", "3c": "S3"}
    content = {"strategies": ["S3"], "initiatives": ["3c", "2b", "9z"]}

    assert warnings_for_submission(content, strategy_of_initiative=of_strategy) == {
        "initiatives": ["Initiative 2b belongs to strategy S2, which you did not choose."]
    }
    assert (
        warnings_for_submission(
            {"initiatives": ["3c"], "strategies": ["S3"]}, strategy_of_initiative=of_strategy
        )
        == {}
    )
