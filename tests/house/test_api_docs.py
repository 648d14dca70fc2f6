"""docs/api.md names every endpoint of the API."""

from __future__ import annotations

import re
from pathlib import Path

from flask import Flask

PAGE = Path(__file__).resolve().parents[2] / "docs" / "api.md"


def test_page_names_every_endpoint(built_app: Flask) -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    missing = []
    for rule in built_app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1"):
            continue
        path = re.sub(r"<(?:[^:>]+:)?(\w+)>", r"{\1}", rule.rule.removeprefix("/api/v1"))
        methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
        named = [row for row in rows if re.search(rf"`{re.escape(path)}[`?]", row)]
        missing += [f"{method} {path}" for method in methods if not any(method in row for row in named)]

    assert missing == []
