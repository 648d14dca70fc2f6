"""Do requests about the same thing come together, whatever their language and order, and others not?"""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from matching import bundles
from matching.bundles import bundle
from matching.facts import EntryFacts
from tests.matching.examples import make_request

COAST = {"needs": frozenset({"2.4"}), "support": frozenset({"training"})}
MANGROVES = (
    make_request(
        "REQ-1", "Restoring mangroves with fishing villages against storms", amount_usd=100.0, **COAST
    ),
    make_request("REQ-2", "Mangrove restoration on a coast that storms have hit", amount_usd=50.0, **COAST),
    make_request(
        "REQ-3",
        "Restaurer la mangrove avec les communautés de pêcheurs, contre les tempêtes",
        language="fr",
        **COAST,
    ),
)
POLLINATORS = (
    make_request("REQ-4", "Pollinators and pesticides: a national inventory of bees"),
    make_request("REQ-5", "Bees, pesticides and pollination in orchards"),
)
APART = make_request("REQ-6", "Digitising herbarium specimens")


def test_alike_requests_come_together_across_languages() -> None:
    found = bundle([*MANGROVES, *POLLINATORS, APART])

    assert [set(one.ids) for one in found] == [{"REQ-1", "REQ-2", "REQ-3"}, {"REQ-4", "REQ-5"}]
    assert "mangrove" in found[0].concepts
    assert found[0].usd_asked == 150.0


@given(st.permutations([*MANGROVES, *POLLINATORS, APART]))
def test_order_of_the_requests_changes_nothing(mixed: list[EntryFacts]) -> None:
    assert bundle(mixed) == bundle([*MANGROVES, *POLLINATORS, APART])


@given(st.lists(st.sampled_from([*MANGROVES, *POLLINATORS, APART]), unique_by=lambda one: one.id))
def test_nobody_is_in_two_bundles_and_every_bundle_has_two(requests: list[EntryFacts]) -> None:
    found = bundle(requests)

    ids = [id_ for one in found for id_ in one.ids]
    assert len(ids) == len(set(ids))
    assert set(ids) <= {one.id for one in requests}
    assert all(len(one.ids) >= 2 and 0 <= one.cohesion <= 1 for one in found)


@pytest.mark.parametrize("texts", [[], ["", ""], ["the", "of"], ["wetland"]])
def test_nothing_to_compare_gives_no_bundle(texts: list[str]) -> None:
    assert bundle([make_request(f"REQ-{n}", text) for n, text in enumerate(texts)]) == ()


def test_too_many_requests_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundles, "MOST_REQUESTS", 1)

    with pytest.raises(ValueError, match="2 requests are more than 1"):
        bundle(POLLINATORS)
