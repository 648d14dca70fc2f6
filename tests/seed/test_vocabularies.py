"""seed/data and translations/glossary.json: complete, in six languages, with sources.

Countries and regions have their own tests (test_countries.py). Standard library only, so that the data
can be checked without the service.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "seed" / "data"
LANGUAGES = ("en", "fr", "es", "ru", "ar", "zh")
STATUSES = {"verified", "working_list", "inferred"}
OWN_TESTS = {"countries", "un_groups", "regions"}
SCRIPTS = {"ru": "CYRILLIC", "ar": "ARABIC", "zh": "CJK"}
PLACEHOLDER = re.compile(r"\b(TODO|TBD|FIXME|[Ll]orem|XXX)\b|\?\?\?|[{}<>]|  ")

COUNTS = {
    "strategies": 3,
    "initiatives": 10,
    "criteria": 12,
    "payers": 3,
    "needs": 29,
    "support_types": 10,
    "contribution_options": 5,
    "deliverables": 42,
    "categories": 5,
    "ecosystems": 17,
    "stages": 2,
    "levels": 5,
    "organisation_kinds": 8,
    "stakeholder_roles": 2,
    "languages": 24,
    "place_scopes": 5,
    "currencies": 60,
}


def load(name: str) -> dict[str, Any]:
    return json.loads((DATA / f"{name}.json").read_text(encoding="utf-8"))


VOCABULARIES = {name: load(name) for name in COUNTS}
RULES = load("rules")
GLOSSARY = json.loads((ROOT / "translations" / "glossary.json").read_text(encoding="utf-8"))


def items(name: str) -> dict[str, dict[str, Any]]:
    return {item["code"]: item for item in VOCABULARIES[name]["items"]}


def texts_of(item: dict[str, Any]) -> dict[str, dict[str, str]]:
    """Every text in six languages that an item holds, by a name that says where it stands."""
    found = {"labels": item["labels"], **item.get("texts", {})}
    parts = item.get("data", {}).get("parts", [])
    return found | {f"part {part['code']}": part["labels"] for part in parts}


ALL_ITEMS = [
    pytest.param(item, id=f"{name}-{item['code']}")
    for name, content in VOCABULARIES.items()
    for item in content["items"]
] + [
    pytest.param({"labels": RULES["texts"]["S1"], "texts": RULES["texts"]}, id="rules"),
    *(pytest.param(term, id=f"glossary-{term['code']}") for term in GLOSSARY["terms"]),
]


def scripts(text: str) -> set[str]:
    """The scripts of the letters of a text, among those that tell our languages apart."""
    names = {unicodedata.name(letter, "") for letter in text if letter.isalpha()}
    return {script for script in SCRIPTS.values() for name in names if name.startswith(script)}


def test_every_file_of_reference_data_is_tested():
    files = {path.stem for path in DATA.glob("*.json")}

    assert files == set(COUNTS) | OWN_TESTS | {"rules"}


@pytest.mark.parametrize("name", COUNTS)
def test_vocabulary_has_its_name_version_source_and_size(name):
    content = VOCABULARIES[name]

    assert content["vocabulary"] == name
    assert re.fullmatch(r"\d{4}-\d+", content["version"])
    assert all(content["source"][key].strip() for key in ("document", "paragraph"))
    assert len(content["items"]) == COUNTS[name]


@pytest.mark.parametrize("name", COUNTS)
def test_vocabulary_has_unique_codes_in_running_order(name):
    content = VOCABULARIES[name]["items"]

    assert Counter(item["code"] for item in content).most_common(1)[0][1] == 1
    assert [item["position"] for item in content] == list(range(1, len(content) + 1))
    assert all(re.fullmatch(r"[A-Za-z0-9_.]{1,40}", item["code"]) for item in content)


@pytest.mark.parametrize("name", COUNTS)
def test_vocabulary_items_name_a_source_and_a_status(name):
    unsourced = [
        item["code"]
        for item in VOCABULARIES[name]["items"]
        if item["status"] not in STATUSES
        or not all(item["source"].get(key, "").strip() for key in ("document", "paragraph"))
    ]

    assert unsourced == []


@pytest.mark.parametrize("name", COUNTS)
def test_vocabulary_parents_exist(name):
    known = set(items("strategies")) if name in {"criteria", "initiatives"} else set(items(name))

    assert [i["code"] for i in items(name).values() if i["parent"] and i["parent"] not in known] == []


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_item_speaks_all_six_languages_in_their_script(item):
    for where, text in texts_of(item).items():
        assert tuple(text) == LANGUAGES, where
        for language, words in text.items():
            expected = {SCRIPTS[language]} if language in SCRIPTS else set()
            assert scripts(words) == expected, (where, language, words)


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_item_is_finished_text(item):
    for where, text in texts_of(item).items():
        for language, words in text.items():
            assert words == words.strip(), (where, language)
            assert words == unicodedata.normalize("NFC", words), (where, language)
            assert PLACEHOLDER.search(words) is None, (where, language, words)


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_item_sentences_end_alike_in_every_language(item):
    """A text that is a sentence in English is one everywhere, and no language is left in English."""
    for where, text in texts_of(item).items():
        is_sentence = text["en"].endswith(".")
        assert [
            language for language in LANGUAGES if text[language].endswith((".", "。")) != is_sentence
        ] == []
        if is_sentence:
            assert len(set(text.values())) == len(LANGUAGES), where


@pytest.mark.parametrize("item", ALL_ITEMS)
def test_item_french_sets_a_no_break_space_before_high_punctuation(item):
    for where, text in texts_of(item).items():
        assert re.search(r"(?<![\u00a0/])[:;?!»](?!/)", text["fr"]) is None, (where, text["fr"])
        assert "'" not in text["fr"] + text["en"], (where, text)


def test_criteria_stand_four_to_a_strategy():
    assert [(c["code"], c["parent"]) for c in items("criteria").values()] == [
        (str(number), f"S{(number - 1) // 4 + 1}") for number in range(1, 13)
    ]


@pytest.mark.parametrize("criterion", items("criteria").values(), ids=items("criteria"))
def test_criterion_has_wording_help_example_and_four_anchors(criterion):
    expected = {"criterion", "help", "example", "anchor_0", "anchor_1", "anchor_2", "anchor_3"}

    assert set(criterion["texts"]) - {"condition"} == expected
    assert criterion["source"]["document"] == "IPBES/5/3"
    assert set(criterion["data"]["own_guidance"]) == set(criterion["texts"]) - {"criterion"}


def test_criteria_6_and_11_have_their_parts():
    parts = {
        code: (item["data"]["parts_rule"], [part["code"] for part in item["data"]["parts"]])
        for code, item in items("criteria").items()
        if "parts" in item["data"]
    }

    assert parts == {
        "6": ("any", ["6i", "6ii", "6iii", "6iv", "6v"]),
        "11": ("all", ["11i", "11ii", "11iii"]),
    }


def test_criterion_10_alone_is_conditional():
    conditional = {code for code, item in items("criteria").items() if "conditional" in item["data"]}

    assert conditional == {"10"}
    assert "condition" in items("criteria")["10"]["texts"]


def criteria_named(rule: dict[str, Any]) -> list[str]:
    if "all" in rule:
        return [code for part in rule["all"] for code in criteria_named(part)]
    return [rule["met"]] if "met" in rule else list(rule["of"])


def test_rules_say_what_the_rolling_plan_says():
    assert (RULES["engine"], RULES["met_threshold"], RULES["quorum"]) == (1, 2, 2)
    assert RULES["source"] == {"document": "IPBES/5/3", "paragraph": "annex, paras 9-11"}
    assert RULES["rules"] == {
        "S1": {"all": [{"met": "1"}, {"atleast": 2, "of": ["2", "3", "4"]}]},
        "S2": {"atleast": 1, "of": ["5", "6", "7", "8"]},
        "S3": {"all": [{"met": "9"}, {"met": "10"}, {"atleast": 1, "of": ["11", "12"]}]},
    }


@pytest.mark.parametrize("strategy", ["S1", "S2", "S3"])
def test_rule_names_each_criterion_of_its_strategy_once(strategy):
    own = [c["code"] for c in items("criteria").values() if c["parent"] == strategy]

    assert criteria_named(RULES["rules"][strategy]) == own


@pytest.mark.parametrize("strategy", ["S1", "S2", "S3"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_rule_statement_names_each_criterion_it_asks_for(strategy, language):
    numbers = re.findall(r"\d+", RULES["texts"][strategy][language])

    assert set(criteria_named(RULES["rules"][strategy])) <= set(numbers)


def test_initiatives_are_the_ten_of_the_plan():
    assert [(i["code"], i["parent"]) for i in items("initiatives").values()] == [
        *((f"1{letter}", "S1") for letter in "abcd"),
        *((f"2{letter}", "S2") for letter in "abc"),
        *((f"3{letter}", "S3") for letter in "abc"),
    ]
    payers = set(items("payers"))
    assert all(set(i["data"]["mainly_paid_by"]) <= payers for i in items("initiatives").values())


def test_needs_are_all_marked_as_working_list():
    needs = items("needs")

    assert {need["status"] for need in needs.values()} == {"working_list"}
    assert all(need["parent"] == code.split(".")[0] for code, need in needs.items() if "." in code)
    assert {code: need["data"]["strategy"] for code, need in needs.items() if need["parent"] is None} == {
        "1": "S1",
        "2": "S3",
        "3": "S3",
        "4": "S2",
        "5": "S2",
        "ILK": "S2",
    }


def test_pilot_call_counts_are_those_reported():
    counts = {code: item["data"]["count_2015"] for code, item in items("categories").items()}

    assert counts == {
        "knowledge_data": 59,
        "national_assessment": 57,
        "policy_support": 42,
        "ilk": 30,
        "other": None,
    }
    assert VOCABULARIES["categories"]["data"]["n_responses"] == 94
    assert VOCABULARIES["categories"]["data"]["n_countries"] == 95


def test_trust_fund_option_carries_the_threshold_and_who_approves():
    data = items("contribution_options")["a"]["data"]

    assert (data["threshold_usd"], data["approver_above"], data["approver_up_to"]) == (
        300_000,
        "plenary",
        "bureau",
    )
    assert [c for c, o in items("contribution_options").items() if o["data"]["seeks_endorsement"]] == ["b_ii"]


def test_languages_begin_with_the_six_of_the_united_nations():
    official = [code for code, item in items("languages").items() if item["data"]["un_official"]]

    assert official == list(LANGUAGES) == list(items("languages"))[:6]


def test_currencies_have_a_dated_rate_marked_as_indicative():
    currencies = items("currencies")

    assert all(re.fullmatch("[A-Z]{3}", code) for code in currencies)
    assert {c["status"] for c in currencies.values()} == {"working_list"}
    assert all(
        c["data"]["usd_rate"] > 0 and c["data"]["indicative"] and c["data"]["rate_as_of"]
        for c in currencies.values()
    )
    assert currencies["USD"]["data"]["usd_rate"] == 1


def test_place_scopes_with_a_flag_name_a_column_of_the_countries():
    countries = load("countries")["items"]
    flags = {s["data"]["country_flag"] for s in items("place_scopes").values()} - {None}

    assert flags == {"ldc", "lldc", "sids"}
    assert all(flags <= {*country, *country.get("data", {})} for country in countries)


def test_glossary_codes_are_unique():
    codes = [term["code"] for term in GLOSSARY["terms"]]

    assert len(codes) == len(set(codes)) >= 80


# Words that Chinese never inflects: where the English has the term, the Chinese must have ours.
STEADY_TERMS = (
    "task_force",
    "technical_support_unit",
    "deliverable",
    "work_programme",
    "rolling_plan",
    "ilk",
    "focal_point",
    "stakeholder",
    "secretariat",
    "ecosystem_services",
    "trust_fund",
    "policymaker",
)


@pytest.mark.parametrize("code", STEADY_TERMS)
def test_reference_data_uses_the_words_of_the_glossary(code):
    term = next(term["labels"] for term in GLOSSARY["terms"] if term["code"] == code)
    strays = [
        (name, item["code"], where, text["zh"])
        for name, content in VOCABULARIES.items()
        for item in content["items"]
        for where, text in texts_of(item).items()
        if term["en"] in text["en"].lower() and term["zh"] not in text["zh"]
    ]

    assert strays == []
