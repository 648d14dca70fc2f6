"""The API keeps its published contract: schemathesis calls every operation with good and bad input.

Signed out, as the owner of entries, and as an officer; with made-up references and with real ones. Every
answer must be documented, fit its schema, and be no fault of ours (5xx); what needs a token must refuse
without one. CAPMATCH_CONTRACT_EXAMPLES sets how many calls each operation gets from each caller.
"""

from __future__ import annotations

import copy
import itertools
import os
from contextlib import suppress
from datetime import timedelta

import jsonschema_rs
import pytest
import schemathesis
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    allow_header_conformance,
    content_type_conformance,
    ignored_auth,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
    unsupported_method,
)
from sqlalchemy.orm import Session

from services.clock import utc_now
from services.introductions.steps import propose, shortlist
from services.tokens import create_token, scopes_within
from tests.factories import make_actor, make_call, make_draft, make_published, make_submitted
from tests.fixtures import Opened
from vocabulary.people import SYSTEM, Actor, Role
from vocabulary.states import EntryKind

EXAMPLES = int(os.environ.get("CAPMATCH_CONTRACT_EXAMPLES", "2"))
CALLERS = ("signed_out", "owner", "officer")
CHECKS = (
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
    ignored_auth,
    negative_data_rejection,
    unsupported_method,
    allow_header_conformance,
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
        refs.append(_proposed(session, officer, refs[0], refs[1]))
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


def _proposed(session: Session, officer: Actor, request: str, offer: str) -> str:
    """A match that waits for its answers."""
    match = shortlist(session, officer, request, offer, now=utc_now())
    propose(session, officer, match.ref, match.version, utc_now() + timedelta(days=9), now=utc_now())
    return match.ref


@pytest.mark.slow
@pytest.mark.parametrize("caller", CALLERS)
@pytest.mark.parametrize("refs", ["made_up", "real"])
def test_api_answers_as_documented(app: Flask, world: dict[str, list[str]], caller: str, refs: str) -> None:
    schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", app)
    headers = {"Authorization": "Bearer " + world[caller][0]} if world[caller] else {}
    real = world["ref"] if refs == "real" else []
    # Malformed input is refused before any database, or by the stricter of the two.
    with_bad_input = refs == "made_up" and app.config["SQLALCHEMY_DATABASE_URI"].startswith("postgresql")
    n_operations = 0
    for found in schema.get_all_operations():
        operation = found.ok()
        if refs == "real" and "{ref}" not in operation.path:
            continue
        n_operations += 1
        for mode in GenerationMode if with_bad_input else (GenerationMode.POSITIVE,):
            _exercise(operation, mode, headers, real)

    assert n_operations >= (25 if refs == "real" else 55)


def _exercise(
    operation: schemathesis.APIOperation, mode: GenerationMode, headers: dict[str, str], real: list[str]
) -> None:
    """Real references come with versions that may be the right ones."""
    turns, versions = itertools.cycle(real), itertools.cycle(('"2"', '"1"', '"3"', '"4"'))

    @given(case=operation.as_strategy(mode))
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
            if "If-Match" in case.headers and mode is GenerationMode.POSITIVE:
                case.headers["If-Match"] = next(versions)
        response = case.call(headers=headers)
        case.validate_response(response, checks=list(CHECKS), headers=headers)

    with suppress(Unsatisfiable):  # where nothing is sent, nothing sent can be wrong
        exercise()


def test_description_is_valid_openapi(app: Flask, client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json
    spoilt = copy.deepcopy(document)
    spoilt["paths"]["/api/v1/criteria"]["get"]["responses"]["200"] = {"content": {"application/json": {}}}

    schemathesis.openapi.from_dict(document).validate()

    with pytest.raises(jsonschema_rs.ValidationError):  # so the line above can fail
        schemathesis.openapi.from_dict(spoilt).validate()


def test_every_operation_has_a_name_of_its_own(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json

    names = [
        operation["operationId"]
        for operations in document["paths"].values()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]

    assert sorted(set(names)) == sorted(names)
    assert "post_requests_ref_submission" in names


def test_every_answer_is_described(client: FlaskClient) -> None:
    document = client.get("/api/v1/openapi.json").json

    lacking = [
        f"{method} {path}"
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
        if method in ("get", "post", "put", "patch", "delete")
        if not (
            (operation.get("summary") or operation.get("description"))
            and {"400", "401", "405", "422", "503"} <= operation["responses"].keys()
            and ("{" not in path or "404" in operation["responses"])
            and ("requestBody" not in operation or {"413", "415"} <= operation["responses"].keys())
        )
    ]

    assert (document["openapi"], lacking) == ("3.1.0", [])
