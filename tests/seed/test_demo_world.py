"""The demonstration world: true to the pilot's proportions, repeatable, readable and clearly invented."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

import pytest

from seed.demo.library import LANGUAGES, library
from seed.demo.pilot import MARGINS
from seed.demo.plan import EntryPlan, World
from seed.demo.reference import load_facts
from seed.demo.world import build_world
from seed.demo.writing import n_words
from services.entries.fields import BY_NAME, ContentField, ValueKind, fields_of, publishable
from vocabulary.findings import Finding
from vocabulary.people import Role
from vocabulary.states import EntryKind, OfferState, RequestState

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "seed" / "data"
TODAY = date(2026, 11, 21)
TEXTS = ("title", "summary", "need", "activities", "results")
SCRIPTS = {"ru": "Ѐ-ӿ", "ar": "؀-ۿ", "zh": "一-鿿", "en": "A-Za-z", "fr": "A-Za-zÀ-ÿœŒ", "es": "A-Za-zÀ-ÿ"}
REAL_BODIES = (
    "UNEP",
    "UNDP",
    "UNESCO",
    "FAO",
    "GBIF",
    "IUCN",
    "WWF",
    "WCMC",
    "Smithsonian",
    "CSIRO",
    "BirdLife",
    "Conservation International",
    "Nature Conservancy",
    "Kew",
    "World Bank",
    "Humboldt",
    "CONABIO",
    "CIRAD",
    "Всемирный банк",
    "世界银行",
    "البنك الدولي",
)


@pytest.fixture(scope="module")
def world() -> World:
    return build_world(None, 1, load_facts(), today=TODAY)


@pytest.fixture(scope="module", params=(1, 2, 20))
def any_world(request: pytest.FixtureRequest) -> World:
    return build_world(None, request.param, load_facts(), today=TODAY)


def pilot_requests(world: World) -> list[EntryPlan]:
    return [entry for entry in world.entries if entry.call == "pilot" and entry.kind == "request"]


def offers_of(world: World, call: str) -> list[EntryPlan]:
    return [entry for entry in world.entries if entry.call == call and entry.kind == "offer"]


def texts_of(entry: EntryPlan) -> list[str]:
    return [entry.fields[name] for name in TEXTS if entry.fields[name]]


def digest(world: World) -> str:
    parts = (
        world.organisations,
        world.people,
        world.calls,
        world.assignments,
        world.decisions,
        world.matches,
    )
    return hashlib.sha256(repr((*parts, *world.all_entries())).encode()).hexdigest()


def known_codes(vocabulary: str) -> set[str]:
    content = json.loads((DATA / f"{vocabulary}.json").read_text(encoding="utf-8"))
    return {item["code"] for item in content["items"]}


def test_pilot_call_has_the_reported_proportions(any_world):
    requests = pilot_requests(any_world)

    assert len(requests) == 94
    assert Counter(code for entry in requests for code in entry.fields["categories"]) == MARGINS
    assert len({code for entry in requests for code in entry.fields["countries"]}) == 95


def test_pilot_call_nearly_all_requests_seek_money(any_world):
    seeking = [entry for entry in pilot_requests(any_world) if "financial" in entry.fields["support"]]

    assert len(seeking) == 89
    assert all(entry.fields["amount_sought"] for entry in seeking)


def test_pilot_call_offers_are_few_and_in_kind(any_world):
    offers = offers_of(any_world, "pilot")

    assert len(offers) == 6
    assert not [entry for entry in offers if "financial" in entry.fields["support"]]
    assert not {code for entry in offers for code in entry.fields["countries"]}


def test_pilot_call_lies_in_2015(world):
    call = next(call for call in world.calls if call.key == "pilot")
    times = [entry.submitted_at for entry in world.entries if entry.call == "pilot"]

    assert (call.opens_at.year, call.closes_at.year, call.state) == (2015, 2015, "released")
    assert all(call.opens_at <= time <= call.closes_at for time in times)


def test_world_gives_the_same_bytes_whatever_the_hash_seed():
    program = (
        "from datetime import date; from seed.demo.reference import load_facts;"
        "from seed.demo.world import build_world; from tests.seed.test_demo_world import digest;"
        "print(digest(build_world(260, 7, load_facts(), today=date(2026, 11, 21))))"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": str(ROOT)},
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        for hash_seed in ("0", "1")
    }

    assert digests == {digest(build_world(260, 7, load_facts(), today=TODAY))}


def test_world_differs_with_the_seed(world):
    assert digest(world) != digest(build_world(None, 2, load_facts(), today=TODAY))


def test_grown_entries_reach_the_size_and_leave_the_rest_as_it_was(world):
    grown = build_world(1_000, 1, load_facts(), today=TODAY)

    entries = list(grown.all_entries())

    assert len(entries) == 1_000
    assert tuple(entries[: len(world.entries)]) == world.entries
    assert len({entry.key for entry in entries}) == 1_000
    assert {entry.fields["language"] for entry in entries[len(world.entries) :]} == set(LANGUAGES)


def test_grown_entries_come_one_at_a_time():
    huge = build_world(10**9, 1, load_facts(), today=TODAY)

    assert len(list(islice(huge.more_entries(), 20))) == 20


def test_entries_have_exactly_the_fields_of_their_kind(any_world):
    wrong = [
        (entry.key, set(entry.fields) ^ expected)
        for entry in any_world.entries
        if set(entry.fields) != (expected := {field.name for field in fields_of(EntryKind(entry.kind))})
        and set(entry.fields) ^ expected != {"organisation_site"}
    ]

    assert wrong == []


def is_valid(field: ContentField, value: Any, codes: dict[str, set[str]]) -> bool:
    """A value in the field's JSON form, with known codes."""
    if field.kind in (ValueKind.CODE, ValueKind.CODES) and value is not None:
        known = codes[field.vocabulary] if field.vocabulary else set(field.choices)
        return set(value if field.is_list else [value]) <= known and (
            not field.is_list or len(value) <= field.most
        )
    if field.kind is ValueKind.ASSESSMENT:
        return set(value) <= codes["criteria"] and all(a["finding"] in set(Finding) for a in value.values())
    if isinstance(value, str) and len(value) > field.longest:
        return False
    return field.to_json(value) == value


def test_entries_hold_values_that_the_service_takes(any_world):
    codes = {
        field.vocabulary: known_codes(field.vocabulary) for field in BY_NAME.values() if field.vocabulary
    }
    codes["criteria"] = known_codes("criteria")

    wrong = [
        (entry.key, name, value)
        for entry in islice(build_world(600, 3, load_facts(), today=TODAY).all_entries(), 600)
        for name, value in entry.fields.items()
        if not is_valid(BY_NAME[name], value, codes)
    ]

    assert wrong == []


def test_entries_publish_only_what_may_be_published(any_world):
    for entry in any_world.entries:
        assert set(entry.fields["public_fields"]) <= set(publishable(EntryKind(entry.kind)))


def test_entries_reach_only_states_that_exist_and_never_in_the_future(any_world):
    known = {"request": set(RequestState), "offer": set(OfferState)}
    for entry in any_world.entries:
        assert entry.state in known[entry.kind]
        assert (entry.submitted_at is None) == (entry.state == "draft")
        assert entry.begun_at.tzinfo is not None
        assert entry.submitted_at is None or entry.begun_at < entry.submitted_at
        assert (entry.submitted_at or entry.begun_at).date() <= TODAY
        assert entry.fields["starts_on"] < entry.fields["ends_on"]


def test_entries_keep_their_answers_in_step(any_world):
    for entry in any_world.entries:
        said = entry.fields
        assert set(said["essential_support"]) <= set(said["support"])
        if entry.kind == "request":
            assert ("financial" in said["support"]) == (said["amount_sought"] is not None)
            assert (said["focal_point_consulted"] == "yes") == (said["focal_point_name"] is not None)
        if said.get("amount_sought"):
            assert float(said["amount_needed"]) >= float(said["amount_sought"])


def test_summaries_stay_within_the_limit_of_the_form(any_world):
    lengths = {
        entry.key: n_words(entry.fields["summary"], entry.fields["language"]) for entry in any_world.entries
    }

    assert max(lengths.values()) <= 150
    assert min(length for key, length in lengths.items() if key[0] in "PR") >= 60


def test_texts_are_written_in_the_script_of_their_language(any_world):
    for entry in any_world.entries:
        letters = SCRIPTS[entry.fields["language"]]
        for text in texts_of(entry):
            n_right = len(re.findall(f"[{letters}]", text))
            assert n_right / len(re.sub(r"[\W\d_]", "", text)) > 0.97, text


def test_texts_have_no_slot_left_and_no_clumsy_joint(any_world):
    for entry in any_world.entries:
        for text in texts_of(entry):
            assert not re.search(r"[{}]|  | [,.;](?! )|\.\.|,\.|None", text), text


def test_pilot_requests_are_no_clones(any_world):
    said = [tuple(entry.fields[name] for name in TEXTS) for entry in pilot_requests(any_world)]

    assert [max(Counter(texts).values()) for texts in zip(*said, strict=True)] == [1, 1, 1, 1, 1]


def test_titles_are_never_used_twice(any_world):
    titles = Counter(entry.fields["title"] for entry in any_world.entries)

    assert [title for title, n in titles.items() if n > 1] == []


def test_pilot_requests_speak_all_six_languages(any_world):
    assert {entry.fields["language"] for entry in pilot_requests(any_world)} == set(LANGUAGES)


def test_library_has_fifteen_themes_in_every_language():
    shape = {
        language: {theme: sorted(texts) for theme, texts in themes.items()}
        for language, themes in library().theme_texts.items()
    }

    assert len(library().themes) == 15
    assert all(themes == {key: list("anorst") for key in library().themes} for themes in shape.values())
    assert {tuple(sorted(common)) for common in library().common.values()} == {
        tuple(sorted(library().common["en"]))
    }


def test_addresses_are_reserved_and_accounts_differ(any_world):
    emails = [person.email for person in any_world.people]
    written = [entry.fields["contact_email"] for entry in any_world.entries]

    assert all(
        re.fullmatch(r"[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)*\.example", mail) for mail in emails + written
    )
    assert len(set(emails)) == len(emails)


def test_no_real_organisation_is_named():
    files = [path.read_text(encoding="utf-8") for path in (ROOT / "seed" / "demo" / "data").rglob("*.json")]

    assert [name for name in REAL_BODIES if any(re.search(rf"\b{name}\b", text) for text in files)] == []


def test_people_hold_every_role_and_belong_to_known_bodies(any_world):
    roles = Counter(person.role for person in any_world.people)
    bodies = {body.key for body in any_world.organisations}

    assert set(roles) == set(Role)
    assert (roles["reviewer"] >= 6, roles["moderator"], roles["officer"]) == (True, 2, 2)
    assert {person.organisation for person in any_world.people if person.organisation} <= bodies


def test_owned_entries_bear_the_address_of_their_owner(any_world):
    emails = {person.key: person.email for person in any_world.people}
    owned = [entry for entry in any_world.entries if entry.owner]

    assert [entry.fields["contact_email"] for entry in owned] == [emails[entry.owner] for entry in owned]


def test_standing_call_has_offers_of_every_kind(any_world):
    offers = offers_of(any_world, "offers")

    assert len(offers) == 40
    assert {entry.fields["contribution"] for entry in offers} == known_codes("contribution_options")
    assert {code for entry in offers for code in entry.fields["support"]} == known_codes("support_types")
    assert max(float(entry.fields["amount_ceiling"] or 0) for entry in offers) > 300_000


def test_second_call_is_open_and_full(any_world):
    call = next(call for call in any_world.calls if call.key == "current")
    requests = [entry for entry in any_world.entries if entry.call == "current"]

    assert call.opens_at.date() < TODAY < call.closes_at.date()
    assert 58 <= len(requests) <= 64
    assert {"draft", "submitted", "withdrawn", "released"} == {entry.state for entry in requests}


def test_second_call_holds_twins_and_bundles(any_world):
    entries = {entry.key: entry for entry in any_world.entries}
    twins = [entry for entry in entries.values() if entry.twin_of]
    bundles = Counter(entry.bundle for entry in entries.values() if entry.bundle)

    assert bundles == {"assessments-africa": 6, "data-central-america": 3}
    for twin in twins:
        first = entries[twin.twin_of]
        assert (twin.theme, twin.fields["countries"]) == (first.theme, first.fields["countries"])
        assert twin.fields["organisation_name"] == first.fields["organisation_name"]
        assert twin.fields["summary"] != first.fields["summary"]
    assert len({entries[twin.twin_of].fields["language"] == twin.fields["language"] for twin in twins}) == 2
