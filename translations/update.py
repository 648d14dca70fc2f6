"""Bring the catalogues up to date with the texts in the code.

`python -m translations.update [--check] [LANGUAGE …]`

Finds every text in templates and Python files, adds the new ones to each language's catalogue, drops
those no longer used, and prints how many each language still lacks. With --check it writes nothing and
ends with 1 when a catalogue lacks a text or holds one that is not used.
"""

from __future__ import annotations

import sys
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

from translations.catalogues import FOLDER, LANGUAGES

ROOT = FOLDER.parent
PACKAGES = (
    "vocabulary", "criteria", "procedure", "fellowships", "matching", "services", "schemas", "frame", "api",
    "web", "commands", "jobs", "templates",
)  # fmt: skip
KEYWORDS = {
    "Message": None,
    "plural_message": (1, 2),
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "message_in": ((1, "c"), 2),
    "pgettext": ((1, "c"), 2),
}
METHODS = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
OPTIONS = {
    name: {"trimmed": "true", "silent": "false", "newstyle_gettext": "true"} for name in ("**.html", "**.txt")
}
WORD = "capmatch"


def extracted() -> Catalog:
    """Every text that a person can read, with the places it stands in."""
    catalog = Catalog(project=WORD, charset="utf-8")
    for package in PACKAGES:
        found = extract_from_dir(ROOT / package, METHODS, OPTIONS, KEYWORDS)
        for filename, _line, message, comments, context in found:
            catalog.add(
                message, None, [(f"{package}/{filename}", 0)], auto_comments=comments, context=context
            )
    return catalog


def catalogue_path(language: str) -> Path:
    """Where the texts of a language are kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def read(language: str) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, project=WORD, charset="utf-8")
    with path.open("rb") as file:
        return read_po(file, locale=language)


def lacking(catalog: Catalog, wanted: Catalog) -> list[str]:
    """Texts without a translation, or with a doubtful one."""
    missing = []
    for message in wanted:
        if not message.id:
            continue
        found = catalog.get(message.id, message.context)
        strings = (
            () if found is None else found.string if isinstance(found.string, tuple) else (found.string,)
        )
        if found is None or found.fuzzy or not strings or not all(strings):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def update(language: str, wanted: Catalog) -> Catalog:
    """Add what is new, drop what is no longer used, keep what is translated; no guesses."""
    catalog = read(language)
    catalog.update(wanted, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    written = BytesIO()
    write_po(written, catalog, width=100, omit_header=False, sort_output=True, include_lineno=False)
    catalogue_path(language).parent.mkdir(parents=True, exist_ok=True)
    catalogue_path(language).write_bytes(written.getvalue())
    return catalog


def main(arguments: list[str]) -> int:
    """Update or check catalogues, all of them or the languages named; returns the exit status."""
    is_check = "--check" in arguments
    named = [argument for argument in arguments if argument != "--check"]
    if not set(named) <= set(LANGUAGES[1:]):
        sys.stderr.write("usage: python -m translations.update [--check] [LANGUAGE …]\n")
        return 2
    wanted, status = extracted(), 0
    for language in named or LANGUAGES[1:]:
        catalog = read(language) if is_check else update(language, wanted)
        missing = lacking(catalog, wanted)
        unused = [m.id for m in catalog if m.id and wanted.get(m.id, m.context) is None]
        found = f"{len(wanted)} texts, {len(missing)} lack a translation, {len(unused)} unused"
        sys.stdout.write(f"{language}: {found}\n")
        status = 1 if missing or unused else status
    return status if is_check else 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
