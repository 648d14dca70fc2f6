"""What several tests of the command `match` start from."""

from __future__ import annotations

import pytest

from tests.commands.match_files import OFFERS, REQUESTS, write_jsonl


@pytest.fixture
def folder(tmp_path):
    write_jsonl(tmp_path / "requests.jsonl", REQUESTS)
    write_jsonl(tmp_path / "offers.jsonl", OFFERS)
    return tmp_path
