"""How does a pure rule say something to a person in six languages?

A rule writes an English text with named placeholders and keeps its values beside it; a door
translates the text and then fills it in. The string value itself is the English sentence, so a
Message that meets no translator still reads right. Knows nothing of gettext or Flask.
"""

from __future__ import annotations

import re
from typing import Any


class Message(str):
    """A translatable sentence: its English form, the text to look up, and the values to fill in.

    Attributes
    ----------
    msgid : str
        English text with ``{placeholders}``, the key of the catalogues.
    plural_msgid : str or None
        English plural; then ``params["n"]`` chooses between the two.
    context : str or None
        What the text is said of, where one English word has several translations.
    params : dict of str to Any
        Values; a value may itself be a Message, or a tuple of texts (a list in words).
    """

    __slots__ = ("context", "msgid", "params", "plural_msgid")
    msgid: str
    plural_msgid: str | None
    context: str | None
    params: dict[str, Any]

    def __new__(
        cls, msgid: str, *, plural_msgid: str | None = None, context: str | None = None, **params: Any
    ) -> Message:
        template = plural_msgid if plural_msgid is not None and params.get("n") != 1 else msgid
        shown = {name: in_english(value) for name, value in params.items()}
        message = super().__new__(cls, template.format(**shown) if shown else template)
        message.msgid = msgid
        message.plural_msgid = plural_msgid
        message.context = context
        message.params = params
        return message

    def format(self, *args: Any, **params: Any) -> Message:
        """Fill in values, as ``str.format`` does; marshmallow's validators call this."""
        if args:
            raise TypeError("a Message takes named values only")
        return _rebuild(self.msgid, self.plural_msgid, self.context, self.params | params)

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep the values when a Message is pickled or copied."""
        return (_rebuild, (self.msgid, self.plural_msgid, self.context, self.params))


def _rebuild(msgid: str, plural: str | None, context: str | None, params: dict[str, Any]) -> Message:
    return Message(msgid, plural_msgid=plural, context=context, **params)


def message_in(context: str, msgid: str) -> Message:
    """A word that is translated by what it is said of: "Open" of a call, "Open" of an offer.

    Both are plain English texts for translators, such as ``message_in("a call", "Open")``.
    """
    return Message(msgid, context=context)


def plural_message(singular: str, plural: str, n: int, **params: Any) -> Message:
    """A Message whose wording follows the number ``n`` (0 or more)."""
    return Message(singular, plural_msgid=plural, n=n, **params)


HOLDS_A_LIST = re.compile(r"[,،] | و|、")
"""An item of a list that is a list itself, in any of the six languages; Arabic has "and" before each item."""


def in_english(value: Any) -> Any:
    """A value as it stands in an English sentence: a tuple becomes a list in words."""
    if isinstance(value, tuple):
        items = [str(in_english(item)) for item in value]
        if len(items) > 1 and any(HOLDS_A_LIST.search(item) for item in items):
            return "; ".join(items)
        return ", ".join(items[:-1]) + " and " + items[-1] if len(items) > 1 else "".join(items)
    return value
