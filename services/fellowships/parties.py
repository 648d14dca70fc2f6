"""Are the two parties of a nomination one and the same person? Nobody nominates oneself.

Asked wherever a nomination begins, is taken up, is completed and is approved: by address, account and name.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

from matching.names import plain_name
from services.fellowships.fields import full_name
from vocabulary.messages import Message

NOT_ONESELF = Message(
    "Somebody else has to nominate you: give the address of your national focal point or of an organisation."
)


def same_address(one: str, other: str) -> bool:
    """Do two mail addresses reach one mailbox? Case and what stands behind a plus sign do not count."""
    return bool(one) and _mailbox(one) == _mailbox(other)


def same_name(one: str, other: str) -> bool:
    """Are two names the same but for case, accents, signs and the order of their words?"""
    ours = sorted(plain_name(one).split())
    return bool(ours) and ours == sorted(plain_name(other).split())


def self_nomination(content: Mapping[str, Any], nominee_addresses: Iterable[str]) -> dict[str, list[Message]]:
    """What speaks for a nominee who nominates oneself, by the field to correct."""
    found: dict[str, list[Message]] = {}
    given = content.get("nominator_email") or ""
    if any(same_address(given, own) for own in nominee_addresses):
        found["nominator_email"] = [NOT_ONESELF]
    if same_name(full_name(content), content.get("nominator_name") or ""):
        found["nominator_name"] = [NOT_ONESELF]
    return found


def _mailbox(address: str) -> str:
    plain = unicodedata.normalize("NFKC", address).strip().casefold()
    local, at, domain = plain.rpartition("@")
    return f"{local.partition('+')[0] or local}{at}{domain}"
