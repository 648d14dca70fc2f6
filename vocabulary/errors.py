"""The few ways a use case can say no; the doors turn each into a status and a page.

Every text in here is safe to show to whoever asked.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vocabulary.messages import Message


class HouseError(Exception):
    """Something the caller did cannot be done; carries a stable code and a text to show."""

    status = 500
    code = "error"

    def __init__(
        self,
        message: Message,
        *,
        code: str | None = None,
        errors: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.code = code or type(self).code
        self.errors = dict(errors or {})
        self.extra = dict(extra or {})


class NotFound(HouseError):
    """There is no such thing, or the actor may not know of it; the two read the same."""

    status = 404
    code = "not_found"

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or Message("There is nothing here, or you may not see it."))


class Unauthenticated(HouseError):
    """Nobody is signed in, or the credentials do not hold."""

    status = 401
    code = "unauthenticated"

    def __init__(self, message: Message | None = None) -> None:
        super().__init__(message or Message("Sign in to go on."))


class Refused(HouseError):
    """The actor sees the thing but may not do this; `code` says why."""

    status = 403
    code = "refused"


class Conflict(HouseError):
    """The thing is in another state, or changed meanwhile; `extra` may hold both versions."""

    status = 409
    code = "conflict"


class Invalid(HouseError):
    """What was sent does not hold; `errors` names every field and what would be right."""

    status = 422
    code = "invalid"

    def __init__(
        self,
        errors: Mapping[str, Any],
        message: Message | None = None,
        *,
        code: str | None = None,
    ) -> None:
        super().__init__(message or Message("Some answers need a correction."), errors=errors, code=code)


class TooMany(HouseError):
    """Asked too often; `extra["retry_after"]` holds the seconds to wait."""

    status = 429
    code = "too_many"


class Unavailable(HouseError):
    """A part the service stands on does not answer at the moment."""

    status = 503
    code = "unavailable"


class IncompleteScorecard(Invalid):
    """Criteria that a rule names have no finding; `fields` lists every one."""

    def __init__(self, fields: Mapping[str, Sequence[Message]]) -> None:
        super().__init__(dict(fields), Message("The scorecard is not complete."))
        self.fields = dict(fields)
