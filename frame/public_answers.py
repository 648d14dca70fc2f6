"""Answers that are the same for everybody, kept until anything changes.

Only what a visitor without sign-in, private link or token gets from an address that anybody may read. An
answer is looked up under the state of the whole database: the hash of the last audit event, which every
change writes in its own transaction, the last change of an entry, and the last load of reference data.
So nothing older than the last commit is ever shown, by any worker. The minute counts as well, since calls
open and close by the clock.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from flask import Response, current_app, g, request, session

from frame.access import action_of, current_actor
from frame.language import accepted_language, current_language
from services.data_state import state_of_data
from services.transaction import reading
from vocabulary.actions import Action
from vocabulary.errors import Unavailable

FOR_EVERYBODY = frozenset(
    {
        Action.ENTRY_READ_PUBLIC,
        Action.CALL_READ,
        Action.PAGE_READ,
        Action.REFERENCE_READ,
        Action.CRITERIA_READ,
        Action.COVERAGE_READ,
    }
)
MOST_KEPT = 300
LARGEST = 256 * 1024
"""Bytes of an answer that is kept; 300 of them take 75 MB at most and about 10 MB as a rule."""


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer without what belongs to one request."""

    body: bytes
    headers: tuple[tuple[str, str], ...]


class PublicAnswers:
    """The answers kept by one app in one process."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, _Kept] = OrderedDict()
        self._lock = Lock()

    def find(self, now: datetime) -> Response | None:
        """The answer to this request if it is kept; otherwise notes where to keep it."""
        if not _is_for_everybody():
            return None
        try:
            with reading() as database:
                state = state_of_data(database)
        except Unavailable:  # a page that asks for no data can still be shown
            return None
        key = (*_address(), state, now.replace(second=0, microsecond=0))
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None:
                self._kept.move_to_end(key)
        if kept is None:
            g.keep_answer_as = key
            return None
        return Response(kept.body, headers=list(kept.headers))

    def keep(self, response: Response) -> Response:
        """Keep the answer if it is one for everybody."""
        key = g.pop("keep_answer_as", None)
        if key is None or response.status_code != 200 or not response.is_sequence:
            return response
        if session.modified or "csrf_token" in g or "Set-Cookie" in response.headers:
            return response
        body = response.get_data()
        if len(body) <= LARGEST:
            with self._lock:
                self._kept[key] = _Kept(body, tuple(response.headers.to_wsgi_list()))
                while len(self._kept) > MOST_KEPT:
                    self._kept.popitem(last=False)
        return response

    def forget(self) -> None:
        """Drop all of them."""
        with self._lock:
            self._kept.clear()


def _is_for_everybody() -> bool:
    actor = current_actor()
    if request.method != "GET" or actor.is_signed_in or actor.entry_ids:
        return False
    if "Authorization" in request.headers or "If-None-Match" in request.headers:
        return False
    if request.cookies.get(current_app.config["SESSION_COOKIE_NAME"]) or request.endpoint is None:
        return False
    return action_of(current_app, request.endpoint, "GET") in FOR_EVERYBODY


def _address() -> tuple[Hashable, ...]:
    """Everything of a request that an answer may depend on."""
    return (
        request.scheme,
        request.host,
        request.script_root,
        request.full_path,
        current_language(),
        accepted_language(request),
        request.headers.get("Accept"),
    )
