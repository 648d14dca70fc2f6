"""One browser and one service for all journeys, one clean profile for each visit."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.journeys.service import Service, serving
from tests.journeys.visitor import Visitor

SIZES = {"wide": {"width": 1280, "height": 900}, "phone": {"width": 360, "height": 740}}
Visit = Callable[..., Visitor]


@pytest.fixture(scope="session")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Chromium, without a window."""
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """The service, running, with a few published requests."""
    with serving(tmp_path_factory.mktemp("journeys")) as running:
        yield running


@pytest.fixture
def visit(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Visit]:
    """`visit("fr", "phone")` is somebody new at a browser of their own: no cookie, no past."""
    contexts = []
    numbers = itertools.count(1)

    def begin(language: str, size: str, *, name: str | None = None, **more: Any) -> Visitor:
        context = browser.new_context(
            viewport=SIZES[size],  # type: ignore[arg-type]
            locale=language,
            timezone_id="Africa/Nairobi",
            reduced_motion="reduce",
            **more,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        journey = name or request.node.originalname.removeprefix("test_")
        visitor = f"visitor-{next(numbers)}"
        where = f"{journey}/{language}-{size}/{visitor}"
        return Visitor(context.new_page(), where, has_scripts=more.get("java_script_enabled", True))

    yield begin
    for context in contexts:
        context.close()
