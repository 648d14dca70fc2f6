"""The API keeps its published contract: schemathesis calls every operation with good and bad input.

Signed out, as the owner of entries, and as an officer; with made-up references and with real ones. Every
answer must be documented, fit its schema, and be no fault of ours (5xx). CAPMATCH_CONTRACT_EXAMPLES sets how
many calls each operation gets from each caller.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
import schemathesis
from flask import Flask
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from services.clock import utc_now
from services.tokens import create_token, scopes_within
from tests.factories import make_actor, make_call, make_draft, make_published, make_submitted
from tests.fixtures import Opened
from vocabulary.people import SYSTEM, Role
from vocabulary.states import EntryKind

EXAMPLES = int(os.environ.get("CAPMATCH_CONTRACT_EXAMPLES", "3"))
CALLERS = ("signed_out", "owner", "officer")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
)


@pytest.fixture
def world(write: Opened) -> dict[str, list[str]]:
    """A few entries and a token for each caller; keys are callers and names of path parameters."""
    with write() as session:
        owner, officer = make_actor(session, Role.REQUESTER), make_actor(session, Role.OFFICER)
        call = make_call(session)
        refs = [
            make_published(session, EntryKind.REQUEST, actor=owner).ref,
            make_published(session, EntryKind.OFFER).ref,
            make_submitted(session, EntryKind.OFFER, actor=owner).ref,
            make_draft(session, EntryKind.REQUEST, actor=owner).entry.ref,
            call.ref,
        ]
        tokens = {
            name: create_token(
                session,
                SYSTEM,
                actor.account_id or 0,
                name="contract",
                scopes=scopes_within(actor),
                days=1,
                now=utc_now(),
            ).secret
            for name, actor in (("owner", owner), ("officer", officer))
        }
    return {"ref": refs, "owner": [tokens["owner"]], "officer": [tokens["officer"]], "signed_out": []}


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("refs", ["made_up", "real"])
def test_api_answers_as_documented(app: Flask, world: dict[str, list[str]], caller: str, refs: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    headers = {"Authorization": "Bearer " + world[caller][0]} if world[caller] else {}
    real = world["ref"] if refs == "real" else []
    n_operations = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if refs == "real" and "{ref}" not in operation.path:
            continue
        n_operations += 1
        _exercise(operation, headers, real)

    assert n_operations >= (15 if refs == "real" else 40)


def _exercise(operation: schemathesis.APIOperation, headers: dict[str, str], real: list[str]) -> None:
    turns: Iterator[str] = iter(real * (EXAMPLES * 4))

    @given(case=operation.as_strategy())
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def exercise(case: schemathesis.Case) -> None:
        if real:
            case.path_parameters["ref"] = next(turns)
        response = case.call(headers=headers)
        case.validate_response(response, checks=list(CHECKS))

    exercise()
