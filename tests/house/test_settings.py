"""docs/settings.md lists every setting as it is, in the order of config.SETTINGS, and no other."""

from __future__ import annotations

import re

from config import ROOT, SETTINGS

DOCUMENT = (ROOT / "docs" / "settings.md").read_text(encoding="utf-8")
SERVICE, SERVER = DOCUMENT.split("## The web server")[0], DOCUMENT.split("## The web server")[1]
ROW = re.compile(r"^\| `(\w+)` \| (.*?) \| (.*?) \|$", re.MULTILINE)
READS = re.compile(r"""os\.environ(?:\.get\(|\[|\.setdefault\()\s*["'](\w+)["']""")
CODE = ("api", "commands", "frame", "jobs", "models", "procedure", "seed", "services", "translations", "web")


def test_settings_page_lists_every_setting_as_it_is() -> None:
    expected = [(s.name, f"`{s.default}`" if s.default else "", s.help) for s in SETTINGS]

    assert ROW.findall(SERVICE) == expected


def test_settings_page_lists_every_variable_of_the_web_server() -> None:
    read = set(READS.findall((ROOT / "gunicorn.conf.py").read_text(encoding="utf-8")))

    documented = {name for name, _, _ in ROW.findall(SERVER)}

    assert documented == read - {"OPENBLAS_NUM_THREADS"} - {s.name for s in SETTINGS}


def test_no_code_reads_the_environment_but_the_settings() -> None:
    """A setting that is read elsewhere would be in no table."""
    read = {
        (path.relative_to(ROOT).as_posix(), name)
        for folder in CODE
        for path in (ROOT / folder).rglob("*.py")
        for name in READS.findall(path.read_text(encoding="utf-8"))
    }

    assert read == set()


def test_every_setting_has_a_help_in_words() -> None:
    assert [s.name for s in SETTINGS if len(s.help) < 20] == []
