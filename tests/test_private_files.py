"""May other users of the machine read what the service keeps or writes?"""

from __future__ import annotations

import stat
from pathlib import Path

from app import create_app
from services.row_files import write_bytes_whole, write_whole
from tests.fixtures import settings_for


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_made_data_folder_is_closed_to_others(tmp_path: Path) -> None:
    folder = tmp_path / "data"

    create_app(settings_for(f"sqlite:///{folder / 'x.sqlite'}", folder))

    assert mode(folder) == 0o700


def test_written_tables_are_closed_to_others(tmp_path: Path) -> None:
    write_whole(tmp_path / "lines", ["a line"])
    write_bytes_whole(tmp_path / "bytes", b"bytes")

    assert [mode(tmp_path / name) for name in ("lines", "bytes")] == [0o600, 0o600]
