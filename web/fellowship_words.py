"""What are the attributes of targets and their values called, in the reader's language?"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from frame.language import current_language
from services import vocabularies
from services.fellowships.fields import DISCIPLINES, GENDERS, KNOWLEDGE, NOMINATOR_KINDS
from services.fellowships.setting_checks import UN_GROUPS
from services.fellowships.settings import FellowshipSheet
from translations.catalogues import translate
from vocabulary.fellowships import Gender
from vocabulary.messages import Message, plural_message
from web.nomination_answers import title_of

ATTRIBUTE_NAMES: Mapping[str, Message] = {
    "region": Message("Region"),
    "gender": Message("Gender"),
    "discipline": Message("Discipline"),
    "knowledge": Message("Knowledge"),
    "country": Message("Country"),
    "organisation": Message("Organisation"),
    "route": Message("Nominated by"),
    "chapter": Message("Chapter"),
}


def value_names(database: Any) -> dict[str, Any]:
    """Words for the values that targets count, by code."""
    language = current_language()
    names: dict[str, Any] = {**GENDERS, **DISCIPLINES, **KNOWLEDGE, **NOMINATOR_KINDS}
    for vocabulary in (vocabularies.COUNTRIES, UN_GROUPS):
        for option in vocabularies.options(database, vocabulary, language):
            names[option.code] = option.label
    return names


def names_by_attribute(database: Any, chapters: Any) -> dict[str, dict[str, str]]:
    """Attribute to the words of each value that a target can count."""
    language = current_language()

    def said(words: Mapping[str, Message]) -> dict[str, str]:
        return {code: translate(text, language) for code, text in words.items() if code != Gender.NOT_SAID}

    return {
        "region": dict(vocabularies.labels(database, UN_GROUPS, language)),
        "gender": said(GENDERS),
        "discipline": said(DISCIPLINES),
        "knowledge": said(KNOWLEDGE),
        "route": said(NOMINATOR_KINDS),
        "country": dict(vocabularies.labels(database, vocabularies.COUNTRIES, language)),
        "chapter": {one["code"]: title_of(one["title"]) or one["code"] for one in chapters},
    }


def limit_words(
    record: Mapping[str, Any], name: str, names: Mapping[str, Any], people: Mapping[str, Any]
) -> Any:
    """A limit of a record, such as "target:3", in the words that the targets are written in."""
    question = record["question"]
    kind, _, rest = name.partition(":")
    if kind == "seats":
        return plural_message("{n} seat in all", "{n} seats in all", question["seats"])
    if kind == "target" and rest.isdigit():
        return target_words(question["targets"][int(rest)], names)
    if kind == "cap":
        at, _, value = rest.partition(":")
        cap = question["caps"][int(at)]
        return Message(
            "{attribute} {value}: at most {most}",
            attribute=ATTRIBUTE_NAMES.get(cap["attribute"], cap["attribute"]),
            value=names.get(value, value),
            most=cap["most"],
        )
    if kind == "chapters":
        counted = [question["chapters"][int(at)] for at in rest.split("+")]
        return Message(
            "chapters {chapters}: at most {most} who wish for no other",
            chapters=tuple(one["code"] for one in counted),
            most=sum(one["seats"] for one in counted),
        )
    if name == "pin":
        return Message("one of the two is held on or off the list")
    if kind == "pin":
        pin = next(one for one in question["pins"] if one["id"] == rest)
        who = people.get(rest, (rest,))[0]
        if pin["is_in"]:
            return Message("{name} is held on the list", name=who)
        return Message("{name} is held off the list", name=who)
    return next((one["words"] for one in record.get("conflict", ()) if one["name"] == name), name)


def above_words(
    record: Mapping[str, Any] | None, names: Mapping[str, Any], people: Mapping[str, Any]
) -> list[tuple[str, list[str], list[Any]]]:
    """Whoever is on a list above somebody of a better band: the nominee, those others, and the limits that
    taking one of them instead would break."""
    told = []
    for one in (record or {}).get("above", ()):
        broken = dict.fromkeys(limit for other in one["over"] for limit in other["breaks"])
        words = [limit_words(record or {}, name, names, people) for name in broken]
        told.append((one["id"], [other["id"] for other in one["over"]], words))
    return told


def chapter_titles(sheet: FellowshipSheet) -> dict[str, str]:
    """Code of each chapter to its title in the reader's language."""
    return {one["code"]: title_of(one["title"]) or one["code"] for one in sheet.content["chapters"]}


def target_words(target: Mapping[str, Any], names: Mapping[str, Any]) -> Message:
    """A target as it is asked for."""
    said = {
        "attribute": ATTRIBUTE_NAMES.get(target["attribute"], target["attribute"]),
        "value": names.get(target["value"], target["value"]),
        "least": target["least"],
    }
    if target["most"] is None:
        return Message("{attribute} {value}: at least {least}", **said)
    return Message("{attribute} {value}: {least} to {most}", most=target["most"], **said)


def change_words(change: Mapping[str, Any], names: Mapping[str, Any]) -> Message:
    """One change of a target that would be enough."""
    said = {
        "attribute": ATTRIBUTE_NAMES.get(change["attribute"], change["attribute"]),
        "value": names.get(change["value"], change["value"]),
    }
    if change["new_least"] < change["least"]:
        return Message(
            "{attribute} {value}: lower the minimum from {asked} to {enough}",
            asked=change["least"],
            enough=change["new_least"],
            **said,
        )
    return Message(
        "{attribute} {value}: raise the maximum from {asked} to {enough}",
        asked=change["most"],
        enough=change["new_most"],
        **said,
    )
