"""Are terms read once, in the reader's language and order, and does a mistyped code find its neighbours?"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa

from services import vocabularies
from tests.fixtures import Opened


def test_terms_are_read_once_per_version(read: Opened) -> None:
    with read() as session:
        vocabularies.options(session, "countries", "en")
    seen: list[str] = []
    with read() as session:
        engine = session.get_bind()

        def note(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        sa.event.listen(engine, "before_cursor_execute", note)
        for vocabulary in ("countries", "needs", "support_types"):
            vocabularies.options(session, vocabulary, "fr")
            vocabularies.labels(session, vocabulary, "fr")
        sa.event.remove(engine, "before_cursor_execute", note)

    assert len([statement for statement in seen if statement.startswith("SELECT")]) == 1


@pytest.mark.parametrize(
    ("language", "first"),
    [("en", "Afghanistan"), ("fr", "Afghanistan"), ("ru", "Австралия"), ("es", "Afganistán")],
)
def test_countries_come_in_the_order_of_the_language(read: Opened, language: str, first: str) -> None:
    with read() as session:
        shown = [option.label for option in vocabularies.options(session, "countries", language)]

    keys = [vocabularies.sort_key(label, language) for label in shown]
    assert (shown[0], len(shown), keys) == (first, 248, sorted(keys))


@pytest.mark.parametrize(
    ("language", "names"),
    [
        ("zh", ["马里", "瑙鲁", "南非", "芬兰", "斐济", "丹麦", "东帝汶", "多哥"]),
        ("fr", ["Équateur", "Érythrée", "Espagne", "Côte d’Ivoire", "Costa Rica", "États-Unis d’Amérique"]),
        ("ar", ["إثيوبيا", "الأرجنتين", "آيسلندا", "البحرين", "باكستان"]),
    ],
)
def test_sort_key_puts_names_where_readers_look_for_them(language: str, names: list[str]) -> None:
    found = sorted(names, key=lambda name: vocabularies.sort_key(name, language))

    assert (
        found
        == {
            "zh": ["丹麦", "东帝汶", "多哥", "斐济", "芬兰", "马里", "南非", "瑙鲁"],
            "fr": ["Costa Rica", "Côte d’Ivoire", "Équateur", "Érythrée", "Espagne", "États-Unis d’Amérique"],
            "ar": ["إثيوبيا", "الأرجنتين", "آيسلندا", "باكستان", "البحرين"],
        }[language]
    )


@pytest.mark.parametrize(
    ("vocabulary", "typed", "close"),
    [
        ("countries", "Keniya", "KEN"),
        ("support_types", "financal", "financial"),
        ("stages", "Развитие", None),
    ],
)
def test_close_codes(read: Opened, vocabulary: str, typed: str, close: str | None) -> None:
    with read() as session:
        found = vocabularies.close_codes(session, vocabulary, typed)

    assert (found[0] if found else None) == close


def test_rates_are_dollars_for_one_unit(read: Opened) -> None:
    with read() as session:
        assert vocabularies.usd_rate(session, "USD") == (Decimal("1.00000000"), date(2025, 1, 1))
        assert vocabularies.usd_rate(session, "GBP") == (Decimal("1.25000000"), date(2025, 1, 1))
        assert vocabularies.usd_rate(session, "XXX") is None


def test_places_know_regions_and_kinds_of_countries(read: Opened) -> None:
    with read() as session:
        places = vocabularies.places(session)

    kinds = {
        code: sorted(places.countries[code].scopes) for code in ("KEN", "NPL", "FJI", "FRA", "JPN", "MDA")
    }
    assert kinds == {
        "KEN": ["developing_countries"],
        "NPL": ["developing_countries", "ldc", "lldc"],
        "FJI": ["developing_countries", "sids"],
        "FRA": [],
        "JPN": [],
        "MDA": ["developing_countries", "lldc"],
    }
    assert places.countries["KEN"].regions == frozenset({"africa", "east_africa_islands"})
    assert places.parents["east_africa_islands"] == "africa"
