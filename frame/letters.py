"""What does a mail say? From a template and its values to a message with a text and an HTML part.

Templates hold plain placeholders, one button at most, and every word in the language of the person. Nothing
that somebody typed can add a header: titles are put on one line, and addresses are checked sign by sign.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from frame.letter_pdf import letter_pdf
from frame.letter_text import blocks, subject
from services.mail_sending import Due
from services.outbox import LETTERS
from translations.catalogues import gettext, is_right_to_left, ngettext, translate

FOLDER = Path(__file__).resolve().parent.parent / "templates" / "mail"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]+")
_LOCAL = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_DOMAIN = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


class WrongAddress(Exception):
    """No mail can go to this address; the text does not repeat it."""


def write_letter(due: Due, *, sender: str, site: str) -> EmailMessage:
    """The message of a mail. Raises WrongAddress, or jinja2's errors for a template or value that lacks."""
    known = {**due.values, "reference": due.subject_ref, "site": site}
    pdf = letter_pdf(due.template, due.values, due.language) if due.template in LETTERS else None
    if due.template in LETTERS:
        known |= _as_letter(due, has_pdf=pdf is not None)
    subject, text = _parts(_render(due, "txt", known))
    html = _render(due, "html", {**known, "subject": subject})
    message = EmailMessage(policy=SMTP)
    name, address = parseaddr(sender)
    message["From"] = Address(one_line(name), addr_spec=plain_address(address))
    message["To"] = Address(addr_spec=plain_address(due.to_email))
    message["Subject"] = subject
    message["Date"] = format_datetime(due.created_at)
    message["Message-ID"] = due.message_id
    message["Auto-Submitted"] = "auto-generated"
    if due.subject_ref:
        message["X-Capmatch-Reference"] = one_line(due.subject_ref)
    message.set_content(text, cte="quoted-printable")
    message.add_alternative(html, subtype="html", cte="quoted-printable")
    if pdf is not None:
        name = f"{one_line(due.values['letter_ref'])}.pdf"
        message.add_attachment(pdf, maintype="application", subtype="pdf", filename=name)
    message["Content-Language"] = due.language
    return message


def _as_letter(due: Due, *, has_pdf: bool) -> dict[str, Any]:
    """What the templates of letters ask for; a link that was blanked after sending is left out."""
    links = (due.values.get("decision_link"), due.values.get("recognition_link"))
    return {
        "letter_subject": subject(due.template, due.values, due.language),
        "letter_blocks": blocks(due.template, due.values, due.language),
        "letter_link": next((link for link in links if link), None),
        "has_pdf": has_pdf,
    }


def plain_address(address: str) -> str:
    """The address as it goes over the wire, its domain in ASCII. Raises WrongAddress."""
    local, _, domain = address.strip().rpartition("@")
    try:
        domain = domain.encode("idna").decode("ascii") if domain else ""
    except UnicodeError:
        domain = ""
    if not _LOCAL.fullmatch(local) or not _DOMAIN.fullmatch(domain) or ".." in address:
        raise WrongAddress("the address is not one that mail can go to")
    return f"{local}@{domain}"


def one_line(text: str) -> str:
    """A text without line breaks, control signs and signs that turn the direction."""
    return " ".join(_CONTROL.sub(" ", text).split())


def _parts(rendered: str) -> tuple[str, str]:
    """The first line of a text template is the subject."""
    subject, _, text = rendered.strip().partition("\n")
    return one_line(subject), re.sub(r"\n{3,}", "\n\n", text).strip() + "\n"


def _render(due: Due, ending: str, known: Mapping[str, Any]) -> str:
    template = _environment(due.language, ending == "html").get_template(f"{due.template}.{ending}")
    return template.render(known)


@lru_cache(maxsize=16)
def _environment(language: str, is_html: bool) -> Environment:
    """Templates of one language. HTML escapes every value; a plain text has nothing to escape."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=is_html,  # noqa: S701 -- the text part is no HTML
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    environment.policies["ext.i18n.trimmed"] = True
    environment.install_gettext_callables(  # type: ignore[attr-defined]
        _texts(language), lambda one, many, n: ngettext(language, one, many, n), newstyle=True
    )
    environment.filters["instant"] = lambda value: translate(datetime.fromisoformat(value), language)
    environment.filters["day"] = lambda value: translate(date.fromisoformat(value), language)
    environment.filters["one_line"] = one_line
    environment.globals["language"] = language
    environment.globals["direction"] = "rtl" if is_right_to_left(language) else "ltr"
    return environment


def _texts(language: str) -> Callable[[str], str]:
    return lambda text: gettext(language, text)
