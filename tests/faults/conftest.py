"""A folder for a PostgreSQL server that a test may kill; its user must be able to enter it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.databases import stop_postgres


@pytest.fixture
def postgres_folder() -> Iterator[Path]:
    """Return a folder outside pytest's own, which root keeps closed to others."""
    folder = Path(tempfile.mkdtemp(prefix="capmatch-faults-"))
    yield folder
    stop_postgres(folder)
    shutil.rmtree(folder, ignore_errors=True)
