"""Keep a reason of matching as JSON, so that it can be said in any language later, with names for codes.

Codes stay codes: what a region or a need is called is looked up when the sentence is said.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from matching.facts import Amount, Term
from services import vocabularies
from services.matches import VOCABULARY_OF
from vocabulary.messages import Message


def kept(message: Message) -> dict[str, Any]:
    """A sentence as JSON values."""
    found: dict[str, Any] = {
        "text": message.msgid,
        "values": {name: _kept_value(value) for name, value in message.params.items()},
    }
    return found if message.plural_msgid is None else found | {"plural": message.plural_msgid}


def _kept_value(value: Any) -> Any:
    if isinstance(value, Message):
        return {"message": kept(value)}
    if isinstance(value, Term):
        return {"vocabulary": value.vocabulary, "code": value.code}
    if isinstance(value, Amount):
        return {"usd": round(value.usd)}
    return [_kept_value(item) for item in value] if isinstance(value, tuple | list) else value


def said(session: Session, data: Mapping[str, Any], language: str) -> Message:
    """The sentence that was kept, with names of one language."""
    values = {name: _said_value(session, value, language) for name, value in data["values"].items()}
    return Message(data["text"], plural_msgid=data.get("plural"), **values)


def _said_value(session: Session, value: Any, language: str) -> Any:
    if isinstance(value, list):
        return tuple(_said_value(session, item, language) for item in value)
    if not isinstance(value, Mapping):
        return value
    if "message" in value:
        return said(session, value["message"], language)
    if "usd" in value:
        return Message("USD {amount}", amount=value["usd"])
    names = vocabularies.labels(session, VOCABULARY_OF[value["vocabulary"]], language)
    return names.get(value["code"], value["code"])
