"""docs/ten-matches.md: what a person read is still what the command answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.ten_matches import READINGS, page
from encoders import installed

PAGE = Path(__file__).parents[2] / "docs" / "ten-matches.md"


@pytest.mark.slow
@pytest.mark.skipif(
    installed.encoder() is None or installed.encoder() == installed.fast_encoder(),
    reason="the page needs both sentence models",
)
def test_page_of_ten_matches_is_what_the_command_answers():
    made = "\n".join(page())

    assert made == PAGE.read_text(encoding="utf-8"), (
        "The command answers otherwise now. Read the matches again, then: python -m benchmarks.ten_matches"
    )
    assert len(READINGS) == 10
