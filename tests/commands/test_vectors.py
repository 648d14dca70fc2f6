"""flask vectors: builds what is missing, goes on where it was, says what is there."""

from __future__ import annotations

import json

import pytest
from flask import Flask

from commands import vectors
from encoders import installed
from tests.factories import make_submitted
from tests.fixtures import Opened

needs_models = pytest.mark.skipif(installed.encoder() is None, reason="no sentence model is installed")


def run(app: Flask, *arguments: str) -> tuple[int, str, str]:
    result = app.test_cli_runner().invoke(args=["vectors", *arguments])
    return result.exit_code, result.stdout, result.stderr


@needs_models
def test_build_makes_what_is_missing_and_a_second_time_nothing(app: Flask, write: Opened) -> None:
    with write() as session:
        make_submitted(session)
    model = installed.encoder().version

    before = run(app, "status")
    first = run(app, "build")
    second = run(app, "build")
    after = run(app, "status")

    assert json.loads(before[1]) == {"model": model, "entries": 1, "with_vectors": 0}
    assert (first[:2], second[:2]) == (
        (0, f"Entries done: 1, with {model}.\n"),
        (0, f"Entries done: 0, with {model}.\n"),
    )
    assert json.loads(after[1]) == {"model": model, "entries": 1, "with_vectors": 1}


def test_build_says_where_no_model_is_installed(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vectors, "encoder", lambda: None)

    assert run(app, "build") == (
        1,
        "",
        "No sentence model is installed; entries are compared by their words alone.\n",
    )
    assert json.loads(run(app, "status")[1])["model"] is None
