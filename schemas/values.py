"""Values as people and programs send them: cleaned, limited, and refused in words that say what is right.

The same fields read JSON and forms, where everything is text and an empty box means nothing.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import urlsplit

from marshmallow import ValidationError, fields

from vocabulary.messages import Message, plural_message

EARLIEST, LATEST = date(1900, 1, 1), date(2100, 12, 31)
MOST_MONEY = Decimal("99999999999999.99")
MOST_WHOLE = 1_000_000
LONGEST_CODE = 40

_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])
"""Signs that turn the direction of what follows: they make a text read otherwise than it is stored."""

_ADDRESS = re.compile(r"[^\s@<>()\[\],;:\"\\]{1,64}@[^\s@<>()\[\],;:\"\\]+\.[^\s@<>()\[\],;:\"\\.]{2,}")
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PHONE = re.compile(r"\+?[0-9][0-9 ()./-]{3,}(?: ?(?:x|ext\.?) ?[0-9]{1,6})?")

NOT_TEXT = Message("This must be a text.")
NO_NUL = Message("This text holds a character that cannot be stored. Type it anew or paste it as plain text.")
NOT_A_DAY = Message("This must be a date such as 2027-03-31.")
FAR_DAY = Message("This date must lie between 1900 and 2100.")
NOT_MONEY = Message("This must be a number, for example 25000 or 25000.50, without separators.")
NEGATIVE = Message("This must not be less than nought.")
TWO_PLACES = Message("Give at most two digits after the point.")
TOO_MUCH = Message("This number is too large.")
NOT_WHOLE = Message("This must be a whole number.")
NOT_ADDRESS = Message("This must be an e-mail address, such as name@example.org.")
NOT_PHONE = Message("This must be a phone number with its country code, such as +254 20 762 4001.")
NOT_SITE = Message("This must be the address of a web site, such as https://example.org.")
NOT_A_LIST = Message("This must be a list.")


def clean(text: str, *, one_line: bool) -> str | None:
    """A text without control characters, direction overrides and outer spaces; None when nothing is left.

    Raises ValidationError for NUL and broken characters, which no database keeps.
    """
    if "\x00" in text or any("\ud800" <= sign <= "\udfff" for sign in text):
        raise ValidationError(NO_NUL)
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n")).translate(_TURNING)
    if one_line:
        text = " ".join(text.split())
    kept = "".join(sign for sign in text if sign in "\n\t" or unicodedata.category(sign) != "Cc")
    return kept.strip() or None


def _text_of(value: Any) -> str:
    if not isinstance(value, str):
        raise ValidationError(NOT_TEXT)
    return value


def _too_long(longest: int) -> ValidationError:
    return ValidationError(Message("This is longer than {max} characters.", max=longest))


class Words(fields.String):
    """A text of one line or of several, cleaned; an empty one is nothing."""

    def __init__(self, *, longest: int, one_line: bool = False, **kwargs: Any) -> None:
        self.longest, self.one_line = longest, one_line
        metadata = {"maxLength": longest} | kwargs.pop("metadata", {})
        super().__init__(allow_none=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        text = _text_of(value)
        if len(text) > 4 * self.longest:  # not worth cleaning
            raise _too_long(self.longest)
        cleaned = clean(text, one_line=self.one_line)
        if cleaned is not None and len(cleaned) > self.longest:
            raise _too_long(self.longest)
        return cleaned if cleaned is None else self.checked(cleaned)

    def checked(self, text: str) -> str:
        """What a kind of text has to look like besides; raises ValidationError."""
        return text


class Code(Words):
    """One code of a list; whether the list has it, the use case says, with the codes close to it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=LONGEST_CODE, one_line=True, **kwargs)


class Address(Words):
    """An e-mail address, in small letters."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"format": "email"} | kwargs.pop("metadata", {})
        super().__init__(longest=254, one_line=True, metadata=metadata, **kwargs)

    def checked(self, text: str) -> str:
        """One sign @, a domain with a point, nothing that could break a mail's head."""
        if not _ADDRESS.fullmatch(text) or ".." in text or "@." in text:
            raise ValidationError(NOT_ADDRESS)
        return text.lower()


class Phone(Words):
    """A phone number; digits of any script become 0-9."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=60, one_line=True, **kwargs)

    def checked(self, text: str) -> str:
        """Digits with the usual signs between them."""
        plain = "".join(str(unicodedata.digit(sign)) if sign.isdecimal() else sign for sign in text)
        if not _PHONE.fullmatch(plain):
            raise ValidationError(NOT_PHONE)
        return plain


class Site(Words):
    """The address of a web site; https:// is put before a bare name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(longest=300, one_line=True, **kwargs)

    def checked(self, text: str) -> str:
        """http or https, a host with a point, no name or password in it."""
        address = text if "://" in text else f"https://{text}"
        try:
            parts = urlsplit(address)
            host, _port = parts.hostname or "", parts.port
        except ValueError as wrong:
            raise ValidationError(NOT_SITE) from wrong
        is_site = parts.scheme in ("http", "https") and "." in host.strip(".") and "@" not in parts.netloc
        if not is_site or any(sign.isspace() or sign in '<>"' for sign in address) or len(address) > 300:
            raise ValidationError(NOT_SITE)
        return address


class Day(fields.Date):
    """A date between 1900 and 2100."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date | None:
        text = _text_of(value).strip()
        if not text:
            return None
        try:
            day = date.fromisoformat(text if _DAY.fullmatch(text) else "")
        except ValueError as wrong:
            raise ValidationError(NOT_A_DAY) from wrong
        if not EARLIEST <= day <= LATEST:
            raise ValidationError(FAR_DAY)
        return day


class Instant(fields.AwareDateTime):
    """An instant with its zone, between 1900 and 2100."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        instant = super()._deserialize(value, attr, data, **kwargs)
        if not EARLIEST < instant.date() < LATEST:
            raise ValidationError(FAR_DAY)
        return instant.astimezone(UTC)


class Money(fields.Decimal):
    """An amount of nought or more, with at most two places."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minimum": 0} | kwargs.pop("metadata", {})
        super().__init__(allow_none=True, as_string=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Decimal | None:
        if isinstance(value, bool) or not isinstance(value, str | int | float | Decimal):
            raise ValidationError(NOT_MONEY)
        text = "".join(str(value).split())
        if not text:
            return None
        if len(text) > LONGEST_CODE or "_" in text:
            raise ValidationError(NOT_MONEY)
        try:
            amount = Decimal(text)
        except InvalidOperation as wrong:
            raise ValidationError(NOT_MONEY) from wrong
        return _checked_amount(amount)


def _checked_amount(amount: Decimal) -> Decimal:
    if not amount.is_finite():
        raise ValidationError(NOT_MONEY)
    if amount < 0:
        raise ValidationError(NEGATIVE)
    if amount > MOST_MONEY:
        raise ValidationError(TOO_MUCH)
    rounded = amount.quantize(Decimal("0.01"))
    if rounded != amount:
        raise ValidationError(TWO_PLACES)
    return rounded


class Whole(fields.Integer):
    """A whole number, nought or more."""

    def __init__(self, **kwargs: Any) -> None:
        metadata = {"minimum": 0, "maximum": MOST_WHOLE} | kwargs.pop("metadata", {})
        super().__init__(allow_none=True, metadata=metadata, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> int | None:
        text = str(value).strip() if isinstance(value, str | int) and not isinstance(value, bool) else "no"
        if not text:
            return None
        if not re.fullmatch(r"[+-]?[0-9]{1,20}", text, re.ASCII):
            raise ValidationError(NOT_WHOLE)
        number = int(text)
        if number < 0:
            raise ValidationError(NEGATIVE)
        if number > MOST_WHOLE:
            raise ValidationError(TOO_MUCH)
        return number


class Flag(fields.Boolean):
    """Yes or no; an empty choice in a form is not said."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(allow_none=True, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> Any:
        return None if value == "" else super()._deserialize(value, attr, data, **kwargs)


class Codes(fields.List):
    """A list of codes, each once; one text is a list of one, an empty text or null is an empty list."""

    def __init__(self, *, most: int, **kwargs: Any) -> None:
        self.most = most
        metadata = {"maxItems": most} | kwargs.pop("metadata", {})
        super().__init__(fields.String(metadata={"maxLength": LONGEST_CODE}), metadata=metadata, **kwargs)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Null empties the list, as an empty box does."""
        return super().deserialize([] if value is None else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list | tuple | set | frozenset):
            raise ValidationError(NOT_A_LIST)
        codes = sorted({code for each in values if (code := clean(_text_of(each), one_line=True))})
        if len(codes) > self.most:
            raise ValidationError(
                plural_message("At most {n} can be chosen.", "At most {n} can be chosen.", self.most)
            )
        if any(len(code) > LONGEST_CODE for code in codes):
            raise _too_long(LONGEST_CODE)
        return codes


class FilterCodes(Codes):
    """Codes in an address: `needs=1.1&needs=2` or `needs=1.1,2`."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> list[str]:
        values = [value] if isinstance(value, str) else value
        parts = [part for each in values for part in _text_of(each).split(",")]
        return super()._deserialize(parts, attr, data, **kwargs)


class Assessment(fields.Dict):
    """Answers by criterion: {"1": {"finding": "met", "text": "…"}}."""

    MOST = 40
    LONGEST = 4_000

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def deserialize(self, value: Any, attr: str | None = None, data: Any = None, **kwargs: Any) -> Any:
        """Null takes every answer back."""
        return super().deserialize({} if value is None else value, attr, data, **kwargs)

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> dict[str, Any]:
        if not isinstance(value, Mapping) or len(value) > self.MOST:
            raise self.make_error("invalid")
        read: dict[str, Any] = {}
        errors: dict[str, Any] = {}
        for code, answer in value.items():
            try:
                read[_text_of(code)] = self._answer(answer)
            except ValidationError as wrong:
                errors[str(code)] = wrong.messages
        if errors:
            raise ValidationError(errors)
        return read

    def _answer(self, answer: Any) -> dict[str, str | None]:
        if not isinstance(answer, Mapping) or set(answer) - {"finding", "text"}:
            raise self.make_error("invalid")
        finding, text = answer.get("finding"), answer.get("text")
        said = clean(_text_of("" if text is None else text), one_line=False)
        if said is not None and len(said) > self.LONGEST:
            raise _too_long(self.LONGEST)
        return {"finding": clean(_text_of("" if finding is None else finding), one_line=True), "text": said}
