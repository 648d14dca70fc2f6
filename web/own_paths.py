"""Where may a page lead after a sign-in? To a page of this service, and nowhere else."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from translations.catalogues import LANGUAGES

LONGEST = 2000
_PLAIN = re.compile(
    r"/(?:[A-Za-z0-9\-._~!$&'()*+,;=:@/]|%[0-9A-Fa-f]{2})*(?:\?[^#\s\\<>\"\x00-\x20\x7f-\uffff]*)?"
)


def own_path(target: str | None) -> str | None:
    """The target if it is a path of our own, else None.

    Refused: another host or scheme in any disguise (//, /\\, tabs, a backslash, an encoded slash or
    backslash, a dot before a slash), fragments, and anything a browser reads otherwise than we do.
    """
    if not target or len(target) > LONGEST or not _PLAIN.fullmatch(target):
        return None
    path = target.partition("?")[0]
    if "//" in path or "/./" in path or "/../" in path or re.search("%(2f|5c|0|1|7f)", path, re.IGNORECASE):
        return None
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    return None if parts.scheme or parts.netloc else target


def in_language(path: str, script_root: str) -> str:
    """The path in the language of this page, unless it names one itself."""
    first = path.lstrip("/").partition("/")[0].partition("?")[0]
    return path if first in LANGUAGES else script_root + path
