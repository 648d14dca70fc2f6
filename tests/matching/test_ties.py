"""Does the service point to what ties a person to an entry, and to nothing else?"""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching.ties import FREE_MAIL, Links, People, Person, domain_of, open_ties, ties
from vocabulary.conflicts import TieSource

PERSON = Person("Ann Mbeki", "ann@savannah.example", ("Institute of Savannah Studies",))
PEOPLE = People(
    names=("Bob Otieno",),
    emails=("bob@forest.example",),
    bodies=("Forest Research Centre", "FRC"),
    focal_point="Carla Diaz",
    countries=frozenset({"KEN"}),
    named="Dr Dina Saleh (lead); Emil Roux, hydrologist",
)
NOTHING = Links()


def sources(person: Person = PERSON, people: People = PEOPLE, links: Links = NOTHING) -> list[TieSource]:
    return [tie.source for tie in ties(person, people, links)]


def test_strangers_are_tied_by_nothing() -> None:
    assert ties(PERSON, PEOPLE, NOTHING) == ()


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Forest Research Centre", [TieSource.INSTITUTION]),
        ("FOREST RESEARCH CENTRE, Ltd.", [TieSource.INSTITUTION]),
        ("Forrest Research Center", [TieSource.INSTITUTION]),
        ("Centre de recherche forestière", []),
        ("Marine Research Centre", []),
        ("", []),
    ],
)
def test_bodies_alike_in_name_are_pointed_out(body: str, expected: list[TieSource]) -> None:
    assert sources(replace(PERSON, bodies=(body,))) == expected


def test_a_body_left_within_the_look_back_is_told_as_one_of_the_past() -> None:
    assert sources(replace(PERSON, past_bodies=("Forest Research Centre",))) == [TieSource.PAST_INSTITUTION]


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        ("ann@uni-bonn.de", "uni-bonn.de"),
        ("ann@Bio.Uni-Bonn.DE", "uni-bonn.de"),
        ("ann@zoo.ox.ac.uk", "ox.ac.uk"),
        ("ann@who.int", "who.int"),
        ("ann@yahoo.co.uk", None),
        ("ann@gmail.com", None),
        ("ann", None),
        ("", None),
    ],
)
def test_domain_of_is_that_of_the_body(email: str, expected: str | None) -> None:
    assert domain_of(email) == expected


def test_two_universities_of_one_country_share_no_domain() -> None:
    person = replace(PERSON, email="ann@ox.ac.uk")

    assert sources(person, replace(PEOPLE, emails=("bob@cam.ac.uk",))) == []


@given(st.sampled_from(sorted(FREE_MAIL)))
def test_free_mail_ties_nobody(domain: str) -> None:
    person = replace(PERSON, email=f"ann@{domain}")

    assert sources(person, replace(PEOPLE, emails=(f"bob@{domain}",))) == []


@pytest.mark.parametrize("name", ["Bob Otieno", "Otieno Bob", "BOB OTIENO", "Dina Saleh", "Emil Roux"])
def test_a_person_named_on_the_entry_is_pointed_out(name: str) -> None:
    assert TieSource.NAME in sources(
        replace(PERSON, name=name), replace(PEOPLE, named="Dina Saleh (lead); Emil Roux, hydrologist")
    )


def test_records_are_told_as_they_stand() -> None:
    links = Links(("REQ-2026-0002",), True, ("MAT-2026-0001",))

    assert sources(links=links) == [TieSource.OWN_ENTRY, TieSource.COLLABORATOR, TieSource.MATCH]


def test_focal_points_of_the_country_and_those_consulted_are_pointed_out() -> None:
    of_country = replace(PERSON, focal_countries=frozenset({"KEN", "TZA"}))

    assert sources(of_country) == [TieSource.NOMINATOR]
    assert sources(replace(PERSON, name="Carla Diaz")) == [TieSource.NOMINATOR]


def test_nationality_alone_is_no_tie() -> None:
    assert sources(people=replace(PEOPLE, countries=frozenset({"KEN", "TZA"}))) == []


def test_what_was_dismissed_stays_dismissed_and_something_new_is_told() -> None:
    person = replace(PERSON, bodies=("Forest Research Centre",))
    (first,) = ties(person, PEOPLE, NOTHING)
    later = ties(replace(person, email="ann@forest.example"), PEOPLE, NOTHING)

    assert [tie.source for tie in open_ties(later, {first.fingerprint: "dismissed"})] == [TieSource.DOMAIN]


NAMES = st.text("abcdeé -", min_size=1, max_size=20)


@given(st.permutations(["Ann Mbeki", "Bob Otieno", "Carla Diaz"]), NAMES)
def test_fingerprint_of_people_is_of_who_and_not_of_the_order(names: list[str], other: str) -> None:
    here = replace(PEOPLE, names=("Ann Mbeki", "Bob Otieno", "Carla Diaz"))

    assert replace(here, names=tuple(names)).fingerprint() == here.fingerprint()
    assert replace(here, names=(*names, f"x{other}")).fingerprint() != here.fingerprint()


@given(NAMES, NAMES, st.booleans())
def test_each_thing_is_told_once(body: str, other: str, shares: bool) -> None:
    person = replace(PERSON, bodies=(body, body.upper(), other))

    found = ties(person, replace(PEOPLE, bodies=(body, other)), Links(collaborates=shares))

    assert len({tie.fingerprint for tie in found}) == len(found)
