"""matching/stored.py: an index from files is the one it was written from, and nothing else is ever opened."""

from __future__ import annotations

import json
import tempfile
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.facts import EntryFacts
from matching.files import DATA, MANIFEST, Damaged
from matching.index import Index, fit_indexes
from matching.meaning import EntryMeaning, PassageBlock, Passages, SubjectMeaning, pack_passages
from matching.rank import rank
from matching.records import from_line, to_line
from matching.settings import DEFAULT_SETTINGS, MatchingSettings
from matching.stored import Stored, open_version, write_version
from tests.matching.examples import PLACES, make_offer, make_request, offers, requests
from vocabulary.states import EntryKind


def nothing() -> dict[EntryKind, PassageBlock]:
    return {}


def written(folder: Path, some: list[EntryFacts], given: MatchingSettings = DEFAULT_SETTINGS) -> Path:
    folder.mkdir()
    sides = {
        kind: sorted((entry for entry in some if entry.kind is kind), key=lambda entry: entry.id)
        for kind in EntryKind
    }
    write_version(folder, sides, given, passages=nothing, about={"n": len(some)})
    return folder


def stored(folder: Path, some: list[EntryFacts]) -> Stored:
    return open_version(written(folder, some), DEFAULT_SETTINGS)


def ranked(subject: EntryFacts, index: Index) -> list[object]:
    """All that a reader is told, to the last digit."""
    found = rank(subject, index, places=PLACES, top=20, include_blocked=True)
    told: list[object] = [found.n_candidates, found.n_blocked, found.index_version]
    for match in (*found.matches, *found.blocked):
        reasons = [(name, str(text)) for name, text in match.reasons.items()]
        blockers = [(one.code, str(one.message)) for one in match.blockers]
        told.append((match.id, match.score, match.parts, match.weights, match.terms, reasons, blockers))
    return told


@settings(deadline=None, max_examples=40)
@given(requests(), offers(), st.integers(0, 6))
def test_stored_index_ranks_as_the_fresh_one(asking, giving, n_changed):
    fresh = fit_indexes([*asking, *giving])
    newer = [replace(entry, texts={"title": ("soil policy",)}) for entry in giving[:n_changed]]
    with tempfile.TemporaryDirectory() as folder:
        kept = stored(Path(folder) / "v", [*asking, *giving]).indexes

        for kind, subjects in ((EntryKind.OFFER, asking), (EntryKind.REQUEST, giving)):
            assert kept[kind].version == fresh[kind].version
            for subject in subjects:
                assert ranked(subject, kept[kind]) == ranked(subject, fresh[kind])
        changed = [side[EntryKind.OFFER].with_changes(newer, ["OFF-0"]) for side in (kept, fresh)]
        assert ranked(asking[0], changed[0]) == ranked(asking[0], changed[1])
        assert changed[0].versions() == changed[1].versions()


def test_stored_index_with_topics_and_passages_ranks_as_the_fresh_one(tmp_path):
    rng = np.random.default_rng(1)
    words = [f"word{number}" for number in range(400)]
    giving = [
        make_offer(f"OFF-{number:03}", " ".join(rng.choice(words, 30)), organisation_key=str(number % 9))
        for number in range(250)
    ]
    asking = [make_request(text=" ".join(rng.choice(words, 30)), organisation_key="3")]
    fresh = fit_indexes([*asking, *giving])
    papers = make_offer("OFF-900", texts={"papers": tuple(" ".join(rng.choice(words, 20)) for _ in range(4))})

    kept = stored(tmp_path / "v", [*asking, *giving]).indexes

    assert fresh[EntryKind.OFFER].model.topics is not None
    for changes in ([], [papers]):
        sides = [side[EntryKind.OFFER].with_changes(changes) for side in (kept, fresh)]
        assert ranked(asking[0], sides[0]) == ranked(asking[0], sides[1])


def test_passages_come_back(tmp_path):
    rng = np.random.default_rng(2)
    known = {
        name: EntryMeaning("en", rng.standard_normal((n, 4)).astype(np.float32))
        for name, n in (("OFF-1", 2), ("OFF-2", 1))
    }
    (tmp_path / "v").mkdir()
    block = {EntryKind.OFFER: pack_passages(known)}
    write_version(tmp_path / "v", {}, DEFAULT_SETTINGS, passages=lambda: block, about={})

    found = open_version(tmp_path / "v", DEFAULT_SETTINGS).passages[EntryKind.OFFER]

    subject = EntryMeaning("en", rng.standard_normal((2, 4)).astype(np.float32))
    sides = [SubjectMeaning("v", True, subject, one) for one in (Passages({}, found), Passages(known))]
    values = [side.similarities("", ["OFF-1", "OFF-2", "OFF-3"]).tobytes() for side in sides]
    assert values[0] == values[1]


@given(offers(max_size=1), st.text(st.characters(), max_size=20))
def test_line_reads_back_as_the_entry(some, text):
    entry = replace(
        some[0], texts={**some[0].texts, "need": (text, "")}, amount_usd=1 / 3, amount_left_usd=-0.0
    )

    assert from_line(to_line(entry), EntryKind.OFFER) == entry


def test_line_keeps_what_is_no_number():
    found = from_line(
        to_line(make_offer(amount_usd=float("nan"), amount_left_usd=float("inf"))), EntryKind.OFFER
    )

    assert (repr(found.amount_usd), repr(found.amount_left_usd)) == ("nan", "inf")


def test_surrogates_and_line_breaks_keep(tmp_path):
    odd = make_offer("OFF-\ud800\n", "soil \ud800 \u2028\n wetland \x00")

    index = stored(tmp_path / "v", [odd]).indexes[EntryKind.OFFER]

    assert index.get(odd.id) == odd


def test_index_of_nothing_is_kept(tmp_path):
    indexes = stored(tmp_path / "v", []).indexes

    assert [(len(index), index.versions(), index.get("X")) for index in indexes.values()] == [
        (0, {}, None)
    ] * 2


@pytest.mark.parametrize("order", [["OFF-2", "OFF-1"], ["OFF-1", "OFF-1"]])
def test_entries_out_of_order_are_refused(tmp_path, order):
    some = {EntryKind.OFFER: [make_offer(name) for name in order]}

    with pytest.raises(ValueError, match="stands twice or after"):
        write_version(tmp_path, some, DEFAULT_SETTINGS, passages=nothing, about={})

    with pytest.raises(Damaged):
        open_version(tmp_path, DEFAULT_SETTINGS)


def test_nothing_can_write_to_a_stored_index(tmp_path):
    index = stored(tmp_path / "v", [make_offer("OFF-1", "soil")]).indexes[EntryKind.OFFER]

    with pytest.raises(ValueError, match="read-only"):
        index.base.postings.weights[0] = 2.0


def test_every_byte_of_the_manifest_counts(tmp_path):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil")])
    right = (folder / MANIFEST).read_bytes()

    for at in range(0, len(right), 211):
        (folder / MANIFEST).write_bytes(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :])
        with pytest.raises(Damaged):
            open_version(folder, DEFAULT_SETTINGS)


@pytest.mark.parametrize("name", [DATA, MANIFEST])
@pytest.mark.parametrize("left", [None, 0, 100, -1])
def test_short_and_missing_files_are_told(tmp_path, name, left):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil wetland")])
    whole = (folder / name).read_bytes()
    if left is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(whole[:left])

    with pytest.raises(Damaged):
        open_version(folder, DEFAULT_SETTINGS)


def test_full_check_finds_every_byte_of_the_data(tmp_path):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil")])
    right = (folder / DATA).read_bytes()

    for at in range(0, len(right), 37):
        (folder / DATA).write_bytes(right[:at] + bytes([right[at] ^ 1]) + right[at + 1 :])
        faults = [fault for fault in open_version(folder, DEFAULT_SETTINGS).reader.faults() if fault]
        assert len(faults) == 1


def test_full_check_names_the_array(tmp_path):
    folder = written(tmp_path / "v", [make_offer(f"OFF-{number}", "soil") for number in range(9)])
    whole = open_version(folder, DEFAULT_SETTINGS)
    assert {*whole.reader.faults()} == {None}
    entry = whole.reader._arrays["offer/postings/weights"]
    with (folder / DATA).open("r+b") as file:
        file.seek(entry["first"])
        file.write(b"\xff")

    found = [fault for fault in open_version(folder, DEFAULT_SETTINGS).reader.faults() if fault]

    assert len(found) == 1
    assert "offer/postings/weights" in found[0]


def test_version_of_other_rules_is_not_opened(tmp_path):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil")])
    other = replace(DEFAULT_SETTINGS, field_weights={"title": 3.0})

    with pytest.raises(Damaged, match="other rules"):
        open_version(folder, other)


def test_weights_of_parts_are_not_in_the_files(tmp_path):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil")])
    other = replace(DEFAULT_SETTINGS, version="w2", part_weights={"text": 1.0})

    assert open_version(folder, other).indexes[EntryKind.OFFER].settings == other


def test_manifest_that_lies_of_an_array_is_told(tmp_path):
    folder = written(tmp_path / "v", [make_offer("OFF-1", "soil")])
    about = json.loads((folder / MANIFEST).read_text().splitlines()[0])
    about["arrays"]["offer/ids"]["first"] = about["size"]
    text = json.dumps(about, sort_keys=True)
    (folder / MANIFEST).write_text(f"{text}\n{sha256(text.encode()).hexdigest()}\n")

    with pytest.raises(Damaged, match="offer/ids"):
        open_version(folder, DEFAULT_SETTINGS)
