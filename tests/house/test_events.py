"""Every event that services and seed record has a sentence in vocabulary/events.py, and none is left over."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from vocabulary.actions import Action
from vocabulary.events import EVENTS, UNKNOWN
from vocabulary.states import AssignmentAction, CallAction, CallActKind, EntryAction, MatchAction

ROOT = Path(__file__).parents[2]
SHAPE = re.compile(r"[a-z_]+\.[a-z_]+")
PREFIXES = frozenset(name.partition(".")[0] for name in (*EVENTS, *(action.value for action in Action)))
FORMATTED = {
    "entry.{}": [action.value for action in EntryAction],
    "call.{}": [action.value for action in (*CallAction, *CallActKind)],
    "call.{}_act": ["propose", "confirm", "drop"],
    "match.{}": [action.value for action in MatchAction],
    "assignment.{}": [action.value for action in AssignmentAction],
    "panel.{}": ["note", "minority"],
    "place.{}": ["select", "offer", "accept", "decline", "confirm", "start", "finish", "lapse"],
    "review.propose_{}": ["return", "void"],
    "review.drop_{}": ["return", "void"],
}
"""What stands in the braces of the names that are put together."""


def texts() -> Iterator[tuple[str, str, bool]]:
    """File, text and whether it is an argument of what records, for every text shaped like an event."""
    for path in sorted([*(ROOT / "services").rglob("*.py"), *(ROOT / "seed").rglob("*.py")]):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        recorded = {
            id(argument)
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and (called(call) == "record" or called(call).startswith("_"))
            for argument in (*call.args, *(keyword.value for keyword in call.keywords))
        }
        for node in ast.walk(tree):
            text = written(node)
            if text is not None:
                yield path.name, text, id(node) in recorded


def called(call: ast.Call) -> str:
    """The last part of the name of what is called."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def written(node: ast.AST) -> str | None:
    """A text shaped like an event, with {} for what is filled in."""
    text = None
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        text = node.value
    if isinstance(node, ast.JoinedStr):
        text = "".join(str(one.value) if isinstance(one, ast.Constant) else "{}" for one in node.values)
    is_like = text is not None and re.fullmatch(r"[a-z_]+\.[a-z_{}]+", text)
    return text if is_like and text is not None and text.partition(".")[0] in PREFIXES else None


def test_every_recorded_event_has_a_sentence() -> None:
    actions = {action.value for action in Action}
    missing = []
    for file, text, is_recorded in texts():
        if "{}" in text:
            names = [text.replace("{}", part) for part in FORMATTED.get(text, ["?"])]
        else:
            names = [] if text in actions and not is_recorded else [text]
        missing += [f"{file}: {name}" for name in names if name not in EVENTS and not is_a_file(name)]

    assert missing == []


def is_a_file(name: str) -> bool:
    """A file in an archive, a domain, the beginning of a name."""
    return name.endswith((".json", ".sig", ".ru", "_"))


def test_names_are_short_enough_for_the_trail() -> None:
    assert [name for name in EVENTS if not SHAPE.fullmatch(name) or len(name) > 60] == []
    assert UNKNOWN.is_told is False


def test_what_depends_on_a_hidden_step_is_not_told_to_parties() -> None:
    hidden = (
        "review.",
        "assignment.",
        "conflict.",
        "panel.",
        "decision.",
        "mark.",
        "shortlist.",
        "calibration.",
    )
    also = {
        "entry.start_review",
        "entry.deliberate",
        "entry.decide",
        "entry.mark_ineligible",
        "entry.confirm_ineligible",
        "entry.restore",
        "entry.find_eligible",
        "entry.note",
        "entry.strike_note",
        "glass.open",
    }

    assert [name for name, event in EVENTS.items() if event.is_told and name.startswith(hidden)] == []
    assert [name for name in sorted(also) if EVENTS[name].is_told] == []
