"""How is a list written as an Atom feed (RFC 4287)? Knows nothing of what the list is about."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from xml.etree import ElementTree as xml  # noqa: N813 -- S405 is about reading; this file only writes

ATOM = "http://www.w3.org/2005/Atom"
_NOT_IN_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry: its address (also its id), title and summary in one language, and when it appeared."""

    address: str
    title: str
    summary: str
    language: str
    updated_at: datetime


def atom_feed(
    address: str, title: str, language: str, entries: Sequence[FeedEntry], beginning: datetime
) -> bytes:
    """The feed as XML in UTF-8; `beginning` is its time while it is empty."""
    xml.register_namespace("", ATOM)
    feed = xml.Element(f"{{{ATOM}}}feed", {"{http://www.w3.org/XML/1998/namespace}lang": language})
    _add(feed, "id", address)
    _add(feed, "title", title)
    _add(feed, "updated", max((entry.updated_at for entry in entries), default=beginning).isoformat())
    xml.SubElement(feed, f"{{{ATOM}}}link", {"rel": "self", "href": address})
    _add(xml.SubElement(feed, f"{{{ATOM}}}author"), "name", "Capmatch")
    for entry in entries:
        _entry(feed, entry)
    written: bytes = xml.tostring(feed, encoding="utf-8", xml_declaration=True)
    return written


def _entry(feed: xml.Element, entry: FeedEntry) -> None:
    node = xml.SubElement(
        feed, f"{{{ATOM}}}entry", {"{http://www.w3.org/XML/1998/namespace}lang": entry.language}
    )
    _add(node, "id", entry.address)
    _add(node, "title", entry.title)
    _add(node, "updated", entry.updated_at.isoformat())
    xml.SubElement(node, f"{{{ATOM}}}link", {"rel": "alternate", "href": entry.address})
    if entry.summary:
        _add(node, "summary", entry.summary)


def _add(parent: xml.Element, name: str, text: str) -> None:
    xml.SubElement(parent, f"{{{ATOM}}}{name}").text = _NOT_IN_XML.sub("", text)
