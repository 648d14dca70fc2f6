"""The command line, as an operator uses it."""

from __future__ import annotations

from click.testing import Result
from flask import Flask


def run(app: Flask, *arguments: object, given: str | None = None) -> Result:
    return app.test_cli_runner().invoke(args=[str(argument) for argument in arguments], input=given)
