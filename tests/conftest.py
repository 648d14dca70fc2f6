"""What every test may ask for."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None)  # a timing is never a pass or a fail
settings.load_profile("house")
pytest_plugins = ("tests.browsers", "tests.databases", "tests.fixtures")
