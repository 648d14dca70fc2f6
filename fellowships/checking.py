"""Is a record of a shortlist true? Checked with the standard library alone, without any solver.

This file, certificates.py and seating.py import nothing of the engine and repeat nothing from it: whoever
doubts a list can read these lines, or write them again in another language from docs/shortlists.md. They show
that the bytes are those that were written, that the list keeps every limit, that no list has more of a better
band (where there are bands) or a greater total, and either that the lists of the lottery are all the lists
with this total, that its tickets are as fair as any can be and that the drawn ticket names the list, or that
among the lists with this total no other has a greater or equal sum of lots; that everybody sits in a chapter
as wished, as well as can be; or that no list keeps the limits at all.
"""

from __future__ import annotations

import hashlib
import json

from fellowships.certificates import Case, Json, Row, Untrue, every, group_of, need, whole
from fellowships.seating import chapter_rows, check_placement

SCHEMA = "capmatch-shortlist/3"
SCHEMAS = ("capmatch-shortlist/2", SCHEMA)
"""The second knew no chapters, no bands, and one value of each attribute; all else is the same."""


def canonical(value: object) -> str:
    """The one way to write a value: sorted keys, no spaces."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)


def digest(value: object) -> str:
    """SHA-256 of the canonical text."""
    return hashlib.sha256(canonical(value).encode()).hexdigest()


def check(content: bytes) -> Json:
    """The record that these bytes are, once everything in it holds. Raises Untrue."""
    try:
        return _checked(content)
    except Untrue:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        raise Untrue(f"not a record of a shortlist ({type(error).__name__}: {str(error)[:80]})") from error


def _checked(content: bytes) -> Json:
    record: Json = json.loads(content.decode())
    need(record["schema"] in SCHEMAS, "another kind of file")
    need(f"{canonical(record)}\n".encode() == content, "bytes were changed: not the canonical text")
    rest = {name: value for name, value in record.items() if name != "sha256"}
    need(digest(rest) == record["sha256"], "the hash of the whole does not fit")
    question = record["question"]
    need(digest(question) == record["question_sha256"], "the hash of the question does not fit")
    ids = [one["id"] for one in question["nominations"]]
    need(ids == sorted(set(ids)), "nominees out of order, or twice")
    rows, low, high = _rows(question)
    case = Case(question, low, high)
    scores = {one["id"]: one["score"] for one in question["nominations"]}
    if record["status"] == "infeasible":
        case.prove(record["proof"]["none"], rows, dict.fromkeys(ids, 0), -1)
        return record
    chosen = [seat["id"] for seat in record["seats"]]
    pins = {pin["id"]: bool(pin["is_in"]) for pin in question["pins"]}
    need(len(pins) == len(question["pins"]), "two pins of one nominee")
    _check_list(chosen, rows, pins, scores)
    check_placement(record, question)
    need(all(seat["score"] == scores[seat["id"]] for seat in record["seats"]), "a seat shows another score")
    total = sum(scores[one] for one in chosen)
    lots = {one: _lot(question["seed"], one) for one in ids}
    drawn = sum(lots[one] for one in chosen)
    need(record["value"] == {"total": total, "lots": drawn}, "the sums do not add up")
    _check_counts(record, question, set(chosen))
    for answer in (*record["counterfactuals"], *record["replacements"]):
        _check_exchange(answer, set(chosen), rows, pins, scores)
    _check_bands(record, case, rows, set(chosen))
    case.prove(record["proof"]["total"], rows, scores, total)
    if record["ties"]["rule"] != "lots":
        lists = _check_lottery(record["ties"], set(chosen), question["seed"])
        case.prove(record["proof"]["only"], rows, scores, total - 1, lists)
        return record
    rows["total"] = (scores, total, None)
    rows["other"] = (dict.fromkeys(chosen, 1), 0, len(chosen) - 1)
    case.prove(record["proof"]["only"], rows, lots, drawn - 1)
    return record


def _rows(question: Json) -> tuple[dict[str, Row], dict[str, int], dict[str, int]]:
    """Every limit by name, and who must be and may be on the list."""
    people = question["nominations"]
    rows: dict[str, Row] = {"seats": (dict.fromkeys((one["id"] for one in people), 1), *_both(question))}
    for place, target in enumerate(question["targets"]):
        group = group_of(question, target["attribute"], target["value"])
        rows[f"target:{place}"] = (group, target["least"], target["most"])
    for place, cap in enumerate(question["caps"]):
        for value in {value for one in people for value in every(one, cap["attribute"])}:
            group = group_of(question, cap["attribute"], value)
            rows[f"cap:{place}:{value}"] = (group, 0, cap["most"])
    rows |= chapter_rows(question)
    low, high = {one["id"]: 0 for one in people}, {one["id"]: 1 for one in people}
    for pin in question["pins"]:
        need(pin["id"] in low, "a pin of nobody")
        (low if pin["is_in"] else high)[pin["id"]] = 1 if pin["is_in"] else 0
    return rows, low, high


def _both(question: Json) -> tuple[int, int]:
    return question["seats"], question["seats"]


def _lot(seed: str, nominee: str) -> int:
    return int.from_bytes(hashlib.sha256(f"{seed}|1|{nominee}".encode()).digest()[:3], "big")


def _check_list(
    listed: list[str], rows: dict[str, Row], pins: dict[str, bool], known: dict[str, int]
) -> None:
    """The list holds nominees only, each once, and keeps every limit and pin."""
    chosen = set(listed)
    need(len(chosen) == len(listed) and chosen <= known.keys(), "somebody twice, or who is not nominated")
    for name, (weights, least, most) in rows.items():
        n = sum(weights.get(one, 0) for one in chosen)
        need(n >= least and (most is None or n <= most), f"the list breaks {name}")
    need(all((one in chosen) == is_in for one, is_in in pins.items()), "the list breaks a pin")


def _check_counts(record: Json, question: Json, chosen: set[str]) -> None:
    for target, shown in zip(question["targets"], record["targets"], strict=True):
        group = group_of(question, target["attribute"], target["value"])
        fits = shown["count"] == len(chosen & set(group)) and shown["in_pool"] == len(group)
        same = all(shown[name] == value for name, value in target.items())
        need(fits and same, f"the count of {target['attribute']} = {target['value']} is wrong")


def _check_exchange(
    answer: Json, chosen: set[str], rows: dict[str, Row], pins: dict[str, bool], scores: dict[str, int]
) -> None:
    """The list after an exchange keeps the limits (but a pin of this nominee) and adds up."""
    one, comes, goes = answer["id"], answer["comes"], answer["goes"]
    if not comes:
        return
    need(set(goes) <= chosen and not set(comes) & chosen, "an exchange of the wrong people")
    after = (chosen - set(goes)) | set(comes)
    _check_list(sorted(after), rows, {name: is_in for name, is_in in pins.items() if name != one}, scores)
    change = sum(scores[other] for other in comes) - sum(scores[other] for other in goes)
    told = answer["points"] if "points" in answer else -answer["short"]
    need(change == told and (one in after) == ("short" in answer), f"the answer for {one} does not add up")


def _check_bands(record: Json, case: Case, rows: dict[str, Row], chosen: set[str]) -> None:
    """No list has more of a band and as many of every better one; whoever stands above a better one must."""
    question = record["question"]
    bands = question.get("bands", [])
    need(len(set(bands)) == len(bands), "a band stands twice")
    need(
        [one["band"] for one in record.get("bands", [])] == bands[:-1] and ("bands" in record) == bool(bands),
        "the stages of the bands are others",
    )
    if not bands:
        return
    band_of = {one["id"]: one["band"] for one in question["nominations"]}
    need(set(band_of.values()) <= set(bands), "somebody in no band")
    need(all(seat["band"] == band_of[seat["id"]] for seat in record["seats"]), "a seat shows another band")
    if record["asked"]["explained"]:
        _check_above(record, case, rows, chosen)
    for at, shown in enumerate(record["bands"]):
        group = {one: 1 for one, band in band_of.items() if band == shown["band"]}
        need(len(chosen & set(group)) == shown["count"], "the count of a band is wrong")
        case.prove(shown["proof"], rows, {one: group.get(one, 0) for one in band_of}, shown["count"])
        rows[f"band:{at}"] = (group, shown["count"], None)


def _check_above(record: Json, case: Case, rows: dict[str, Row], chosen: set[str]) -> None:
    """Everybody above one of a better band is named, with limits that exchanging the two does break."""
    rank = {band: at for at, band in enumerate(record["question"]["bands"])}
    ranks = {one["id"]: rank[one["band"]] for one in record["question"]["nominations"]}
    counts = {name: sum(row[0].get(one, 0) for one in chosen) for name, row in rows.items()}
    given = {one["id"]: {other["id"]: other["breaks"] for other in one["over"]} for one in record["above"]}
    for mine in chosen:
        others = {other for other, at in ranks.items() if other not in chosen and at < ranks[mine]}
        need(set(given.pop(mine, ())) == others, "who stands above a better band is told otherwise")
    need(not given, "a reason for somebody who is not on the list")
    for one in record["above"]:
        for other in one["over"]:
            need(len(other["breaks"]) > 0, "a reason is missing")
            for name in other["breaks"]:
                holds = (
                    case.low[one["id"]] or not case.high[other["id"]]
                    if name == "pin"
                    else _breaks(rows[name], counts[name], one["id"], other["id"])
                )
                need(bool(holds), f"{name} is no reason for {one['id']}")


def _breaks(row: Row, n: int, goes: str, comes: str) -> bool:
    weights, least, most = row
    n += weights.get(comes, 0) - weights.get(goes, 0)
    return n < least or (most is not None and n > most)


def _check_lottery(ties: Json, chosen: set[str], seed: str) -> set[frozenset[str]]:
    """The lists of the lottery, once its tickets are fair and the drawn one names the list."""
    certain, tickets = frozenset(ties["certain"]), ties["tickets"]
    lists = [certain | frozenset(one) for one in ties["lists"]]
    need(
        len(set(lists)) == len(lists) == len(tickets) > 0, "a list of the lottery stands twice, or none does"
    )
    need(ties["rule"] == ("lottery" if len(lists) > 1 else "only"), "the rule for ties is another")
    n_tickets = sum(whole(one) for one in tickets)
    need(min(tickets) >= 0 and n_tickets > 0, "tickets below 0, or none")
    need(len(lists) > 1 or n_tickets == 1, "more tickets than one for one list")
    number = int.from_bytes(hashlib.sha256(f"{seed}|lottery".encode()).digest(), "big") % n_tickets
    need(whole(ties["drawn"]) == number, "another ticket was drawn")
    ends = [sum(tickets[: at + 1]) for at in range(len(tickets))]
    drawn = next(one for one, end in zip(lists, ends, strict=True) if number < end)
    need(drawn == chosen, "the drawn ticket names another list")
    among = frozenset.union(*lists) - frozenset.intersection(*lists)
    chances = {
        name: sum(n for one, n in zip(lists, tickets, strict=True) if name in one) for name in sorted(among)
    }
    need(ties["chances"] == chances, "the chances do not add up")
    if among:
        weights = ties["weights"]
        need(set(weights) <= among and all(whole(one) > 0 for one in weights.values()), "a weight of nobody")
        heaviest = max(sum(weights.get(name, 0) for name in one) for one in lists)
        fair = n_tickets * heaviest <= min(chances.values()) * sum(weights.values())
        even = set(tickets) == {1}
        need(fair if weights else even, "the tickets could be fairer to the worst-off")
    return set(lists)
