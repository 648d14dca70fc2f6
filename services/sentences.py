"""How is a sentence kept, so that it can be said in any language later? As JSON values, and back.

A kept sentence is its English text with its values; it is translated when somebody reads it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vocabulary.messages import Message


def as_data(message: Message) -> dict[str, Any]:
    """A sentence as JSON values, so that it can be said in any language later."""
    found: dict[str, Any] = {"text": message.msgid, "values": {}}
    if message.plural_msgid is not None:
        found["plural"] = message.plural_msgid
    for name, value in message.params.items():
        found["values"][name] = _value_as_data(value)
    return found


def _value_as_data(value: Any) -> Any:
    if isinstance(value, Message):
        return as_data(value)
    return [_value_as_data(item) for item in value] if isinstance(value, tuple) else value


def as_message(data: Mapping[str, Any]) -> Message:
    """The sentence that was kept by `as_data`."""
    values = {name: _value_as_message(value) for name, value in data["values"].items()}
    return Message(data["text"], plural_msgid=data.get("plural"), **values)


def _value_as_message(value: Any) -> Any:
    if isinstance(value, Mapping):
        return as_message(value)
    return tuple(_value_as_message(item) for item in value) if isinstance(value, list) else value
