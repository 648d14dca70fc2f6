"""Is the country table complete and right? It reads the data files alone and imports nothing of the service.

Oracles: a list of the 193 Member States written here, pycountry (ISO 3166), Babel (CLDR names in six
languages), and the counts and members that the UN publishes for its groups.
"""

import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pycountry
import pytest
from babel import Locale
from rapidfuzz import fuzz

from tests.seed.reviewed_country_names import LONG_FORM, REVIEWED, SHORT_FORM

DATA = Path(__file__).parents[2] / "seed" / "data"
LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
LEAST_SIMILARITY = 75.0

MEMBERS = """
    AFG AGO ALB AND ARE ARG ARM ATG AUS AUT AZE BDI BEL BEN BFA BGD BGR BHR BHS BIH BLR BLZ BOL BRA BRB
    BRN BTN BWA CAF CAN CHE CHL CHN CIV CMR COD COG COL COM CPV CRI CUB CYP CZE DEU DJI DMA DNK DOM DZA
    ECU EGY ERI ESP EST ETH FIN FJI FRA FSM GAB GBR GEO GHA GIN GMB GNB GNQ GRC GRD GTM GUY HND HRV HTI
    HUN IDN IND IRL IRN IRQ ISL ISR ITA JAM JOR JPN KAZ KEN KGZ KHM KIR KNA KOR KWT LAO LBN LBR LBY LCA
    LIE LKA LSO LTU LUX LVA MAR MCO MDA MDG MDV MEX MHL MKD MLI MLT MMR MNE MNG MOZ MRT MUS MWI MYS NAM
    NER NGA NIC NLD NOR NPL NRU NZL OMN PAK PAN PER PHL PLW PNG POL PRK PRT PRY QAT ROU RUS RWA SAU SDN
    SEN SGP SLB SLE SLV SMR SOM SRB SSD STP SUR SVK SVN SWE SWZ SYC SYR TCD TGO THA TJK TKM TLS TON TTO
    TUN TUR TUV TZA UGA UKR URY USA UZB VCT VEN VNM VUT WSM YEM ZAF ZMB ZWE
"""
MEMBER_STATES = frozenset(MEMBERS.split())

# What pycountry lists and UN M49 does not.
NOT_IN_M49 = {"TWN"}

AFRICA = {
    "east_africa_islands": "COM DJI ERI ETH KEN MDG MUS MYT REU RWA SYC SOM SSD UGA TZA",
    "southern_africa": "AGO BWA LSO MWI MOZ NAM ZAF SWZ ZMB ZWE",
    "central_africa": "BDI CMR CAF TCD COG COD GNQ GAB STP",
    "north_africa": "DZA EGY LBY MRT MAR SDN TUN ESH",
    "west_africa": "BEN BFA CPV CIV GMB GHA GIN GNB LBR MLI NER NGA SEN SLE TGO",
}
SPOT_CHECKS = {
    "eastern_europe": "ARM",
    "south_asia": "AFG",
    "central_western_europe": "ALB AND",
    "oceania": "ASM AUS",
    "caribbean": "ATG",
    "south_america": "ARG",
    "south_east_asia": "BRN KHM IDN LAO MYS MMR SGP THA TLS VNM PHL",
    "antarctica": "ATA",
}
LEAST_DEVELOPED = """
    AFG AGO BDI BEN BFA BGD CAF COD COM DJI ERI ETH GIN GMB GNB HTI KHM KIR LAO LBR LSO MDG MLI MMR MOZ
    MRT MWI NER NPL RWA SDN SEN SLB SLE SOM SSD TCD TGO TLS TUV TZA UGA YEM ZMB
"""
LANDLOCKED = """
    AFG ARM AZE BDI BFA BOL BTN BWA CAF ETH KAZ KGZ LAO LSO MDA MKD MLI MNG MWI NER NPL PRY RWA SSD SWZ
    TCD TJK TKM UGA UZB ZMB ZWE
"""
SMALL_ISLANDS = """
    ATG BHS BLZ BRB COK COM CPV CUB DMA DOM FJI FSM GNB GRD GUY HTI JAM KIR KNA LCA MDV MHL MUS NIU NRU
    PLW PNG SGP SLB STP SUR SYC TLS TON TTO TUV VCT VUT WSM
"""
OPTIONAL_FIELDS = {"note"}
FIELDS = {
    "code",
    "alpha2",
    "m49",
    "names",
    "un_member",
    "un_group",
    "ipbes_region",
    "ipbes_subregion",
    "m49_region",
    "m49_subregion",
    "ldc",
    "lldc",
    "sids",
    "source",
    "inferred",
}

LETTERS = {
    "en": re.compile(r"[A-Za-zÀ-ÿ '(),.-]+"),
    "fr": re.compile(r"[A-Za-zÀ-ÿ ’(),.-]+"),
    "es": re.compile(r"[A-Za-zÀ-ÿ ’(),.-]+"),
    "ru": re.compile(r"[А-Яа-яЁё ’(),.-]+"),
    "ar": re.compile(r"[\u0621-\u064a \u060c().-]+"),
    "zh": re.compile(r"[\u4e00-\u9fff（），]+"),
}


@cache
def _items(vocabulary: str) -> dict[str, dict[str, Any]]:
    items = json.loads((DATA / f"{vocabulary}.json").read_text(encoding="utf-8"))["items"]
    return {item["code"]: item for item in items}


def _countries_where(field: str, value: object) -> set[str]:
    return {code for code, item in _items("countries").items() if item[field] == value}


def _comparable(name: str, language: str) -> str:
    """Undo what is abbreviation or typography only."""
    swaps = {"en": (("&", "and"), ("St. ", "Saint ")), "ru": (("о-ва", "острова"), ("о-в", "остров"))}
    for short, long in swaps.get(language, ()):
        name = name.replace(short, long)
    return name.casefold().replace("’", "'")


@cache
def _babel_names(language: str) -> dict[str, str]:
    territories = Locale.parse(language).territories
    return {
        code: _comparable(territories[item["alpha2"]], language) for code, item in _items("countries").items()
    }


def _looks_like_babel(code: str, language: str, name: str) -> bool:
    """Similar to Babel's name, and to no other country's name more: Niger is not Nigeria."""
    ours, theirs = _comparable(name, language), _babel_names(language)
    own = fuzz.ratio(ours, theirs[code])
    return own >= LEAST_SIMILARITY and own == max(fuzz.ratio(ours, other) for other in theirs.values())


@pytest.mark.parametrize("vocabulary", ["countries", "un_groups", "regions"])
def test_vocabulary_file_names_itself_its_version_and_source_and_repeats_no_code(vocabulary: str) -> None:
    whole = json.loads((DATA / f"{vocabulary}.json").read_text(encoding="utf-8"))

    codes = [item["code"] for item in whole["items"]]

    assert (whole["vocabulary"], whole["version"]) == (vocabulary, "2026-1")
    assert [key for key in ("document", "paragraph", "url") if not whole["source"][key].strip()] == []
    assert [code for code, times in Counter(codes).items() if times > 1] == []


@pytest.mark.parametrize("vocabulary", ["un_groups", "regions"])
def test_general_vocabulary_items_have_six_labels_a_source_and_a_known_parent(vocabulary: str) -> None:
    items = _items(vocabulary)

    wrong = [
        code
        for code, item in items.items()
        if set(item) != {"code", "parent", "position", "labels", "texts", "source", "status", "data"}
        or set(item["labels"]) != set(LANGUAGES)
        or not all(LETTERS[lang].fullmatch(label) for lang, label in item["labels"].items())
        or not (item["source"]["document"].strip() and item["source"]["paragraph"].strip())
        or item["status"] not in {"verified", "working_list", "inferred"}
        or (item["parent"] is not None and item["parent"] not in items)
    ]

    assert wrong == []


def test_member_states_are_the_193_of_the_united_nations() -> None:
    assert len(MEMBER_STATES) == 193
    assert _countries_where("un_member", True) == MEMBER_STATES


def test_table_holds_every_iso_country_that_m49_has_with_the_same_codes() -> None:
    expected = {
        country.alpha_3: (country.alpha_2, country.numeric)
        for country in pycountry.countries
        if country.alpha_3 not in NOT_IN_M49
    }

    found = {code: (item["alpha2"], item["m49"]) for code, item in _items("countries").items()}

    assert found == expected


def test_every_country_has_the_agreed_fields_of_the_agreed_types() -> None:
    wrong = [
        code
        for code, item in _items("countries").items()
        if set(item) - OPTIONAL_FIELDS != FIELDS
        or not all(isinstance(item[flag], bool) for flag in ("un_member", "ldc", "lldc", "sids"))
        or not set(item["inferred"]) <= FIELDS - {"code", "source", "inferred"}
        or not item["source"].strip()
        or not item.get("note", "-").strip()
    ]

    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_are_unique_and_in_the_script_of_their_language(language: str) -> None:
    names = {code: item["names"][language] for code, item in _items("countries").items()}

    wrong = {code: name for code, name in names.items() if not LETTERS[language].fullmatch(name)}

    assert wrong == {}
    assert {code: name for code, name in names.items() if name != " ".join(name.split())} == {}
    assert [name for name, times in Counter(names.values()).items() if times > 1] == []


def test_names_exist_in_the_six_languages_and_no_other() -> None:
    assert {tuple(item["names"]) for item in _items("countries").values()} == {LANGUAGES}


@pytest.mark.parametrize("language", LANGUAGES)
def test_names_agree_with_babel_or_are_reviewed(language: str) -> None:
    reviewed = {code: name for lang, code, name, _kind in REVIEWED if lang == language}

    strangers = {
        code: item["names"][language]
        for code, item in _items("countries").items()
        if not _looks_like_babel(code, language, item["names"][language])
    }

    assert strangers == reviewed  # a missing row is an unreviewed name, an extra row a stale review


def test_name_check_notices_a_swapped_and_a_misspelt_name() -> None:
    assert not _looks_like_babel("NGA", "en", "Niger")
    assert not _looks_like_babel("AUT", "en", "Australia")
    assert not _looks_like_babel("IRN", "ru", "Ирак")
    assert not _looks_like_babel("SVK", "ar", "سلوفينيا")
    assert _looks_like_babel("FRA", "zh", "法国")


def test_reviewed_names_are_of_the_kind_they_claim() -> None:
    wrong = []
    for language, code, name, kind in REVIEWED:
        ours, theirs = _comparable(name, language), _babel_names(language)[code]
        if (theirs in ours) != (kind == LONG_FORM) or (ours in theirs) != (kind == SHORT_FORM):
            wrong.append((language, code, name, kind))

    assert wrong == []


def test_un_groups_have_the_sizes_that_the_united_nations_gives() -> None:
    sizes = Counter(item["un_group"] for item in _items("countries").values() if item["un_member"])

    assert sizes == {
        "african": 54,
        "asia_pacific": 54,  # 53 and Kiribati
        "eastern_european": 23,
        "latin_american_caribbean": 33,
        "western_european_other": 29,  # 28 and the United States
    }
    assert {code: item["data"].get("n_member_states", 0) for code, item in _items("un_groups").items()} == {
        **sizes,
        "none": 0,
    }


def test_un_group_is_none_exactly_for_those_who_are_not_members() -> None:
    assert _countries_where("un_group", "none") == set(_items("countries")) - MEMBER_STATES


@pytest.mark.parametrize(
    ("code", "group"),
    [
        ("TUR", "western_european_other"),
        ("ISR", "western_european_other"),
        ("USA", "western_european_other"),
        ("AUS", "western_european_other"),
        ("KIR", "asia_pacific"),
        ("CYP", "asia_pacific"),
        ("KAZ", "asia_pacific"),
        ("GEO", "eastern_european"),
        ("EST", "eastern_european"),
        ("MEX", "latin_american_caribbean"),
        ("MRT", "african"),
    ],
)
def test_un_group_of_the_countries_most_often_misplaced(code: str, group: str) -> None:
    assert _items("countries")[code]["un_group"] == group


@pytest.mark.parametrize(
    ("flag", "count", "members"),
    [("ldc", 44, LEAST_DEVELOPED), ("lldc", 32, LANDLOCKED), ("sids", 39, SMALL_ISLANDS)],
)
def test_special_situation_lists_are_those_of_the_united_nations(flag: str, count: int, members: str) -> None:
    expected = set(members.split())

    assert len(expected) == count
    assert _countries_where(flag, True) == expected


def test_small_island_states_are_37_members_the_cook_islands_and_niue() -> None:
    assert _countries_where("sids", True) - MEMBER_STATES == {"COK", "NIU"}


def test_countries_that_left_the_least_developed_group_are_not_in_it() -> None:
    left = ("BWA", "CPV", "MDV", "WSM", "GNQ", "VUT", "BTN", "STP")

    assert [code for code in left if _items("countries")[code]["ldc"]] == []


def test_subregion_lies_in_the_region_of_each_country() -> None:
    regions = _items("regions")

    wrong = [
        code
        for code, item in _items("countries").items()
        if item["ipbes_region"] != (regions[item["ipbes_subregion"]]["parent"] or item["ipbes_subregion"])
    ]

    assert wrong == []


def test_regions_are_the_four_of_ipbes_with_17_subregions_and_antarctica() -> None:
    parents = Counter(item["parent"] for item in _items("regions").values())

    assert parents == {None: 5, "africa": 5, "americas": 4, "asia_pacific": 5, "europe_central_asia": 3}


def test_regions_count_their_countries() -> None:
    by_region = Counter(item["ipbes_region"] for item in _items("countries").values())
    by_subregion = Counter(item["ipbes_subregion"] for item in _items("countries").values())

    wrong = {
        code: item["data"]
        for code, item in _items("regions").items()
        if item["data"]["n_countries"] != (by_region if item["parent"] is None else by_subregion)[code]
    }

    assert wrong == {}


@pytest.mark.parametrize("subregion", AFRICA)
def test_african_subregion_holds_the_countries_of_the_ipbes_page(subregion: str) -> None:
    found = _countries_where("ipbes_subregion", subregion) - {"SHN"}  # in the data set, not on the page

    assert found == set(AFRICA[subregion].split())


@pytest.mark.parametrize(
    ("code", "subregion"), [(code, sub) for sub, codes in SPOT_CHECKS.items() for code in codes.split()]
)
def test_subregion_of_countries_named_in_ipbes_documents(code: str, subregion: str) -> None:
    assert _items("countries")[code]["ipbes_subregion"] == subregion


def test_groups_and_subregions_do_not_nest() -> None:
    albania, cyprus = _items("countries")["ALB"], _items("countries")["CYP"]

    assert (albania["un_group"], albania["ipbes_subregion"]) == ("eastern_european", "central_western_europe")
    assert (cyprus["un_group"], cyprus["ipbes_subregion"]) == ("asia_pacific", "central_western_europe")


def test_m49_codes_are_regions_of_m49() -> None:
    pairs = {(item["m49_region"], item["m49_subregion"]) for item in _items("countries").values()}

    assert pairs == {
        (None, None),  # Antarctica
        *(("002", sub) for sub in ("015", "202")),
        *(("019", sub) for sub in ("021", "419")),
        *(("142", sub) for sub in ("030", "034", "035", "143", "145")),
        *(("150", sub) for sub in ("039", "151", "154", "155")),
        *(("009", sub) for sub in ("053", "054", "057", "061")),
    }
    assert _countries_where("m49_region", None) == {"ATA"}
