"""Where is the browser, and what becomes of its tests where there is none? NOT RUN, and in CI a failure."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "NOT RUN: no Chromium is here. As root, `python3 manage.py test` installs it on Debian and Ubuntu."


def find_chromium() -> str | None:
    """Return the path of the first Chromium on the PATH."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Before a test marked `browser`: stop it where there is no browser; under CI=true that is a failure."""
    if item.get_closest_marker("browser") is None or find_chromium():
        return
    if os.environ.get("CI") == "true":
        pytest.fail(MISSING, pytrace=False)
    pytest.skip(MISSING)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say at the end, loudly, how many tests did not run for want of a browser."""
    skipped = [report for report in terminalreporter.getreports("skipped") if MISSING in str(report.longrepr)]
    if skipped:
        terminalreporter.section("NOT RUN", sep="!", red=True)
        terminalreporter.line(f"{len(skipped)} tests need a browser. {MISSING}")


@pytest.fixture(scope="session")
def chromium_path() -> str:
    """Return the path of Chromium, for playwright's `executable_path`. For tests marked `browser`."""
    path = find_chromium()
    assert path, MISSING
    return path
