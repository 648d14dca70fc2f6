"""web/layout.py: the parts that every page shares are those of its language, its address and its reader."""

from __future__ import annotations

import re

import pytest
from flask import Flask, g, request, url_for
from flask.testing import FlaskClient

from tests.factories import make_actor
from tests.fixtures import Opened
from tests.signing_in import sign_in
from translations.catalogues import LANGUAGES, gettext
from vocabulary.people import Role
from vocabulary.states import EntryKind
from web.filters import entry_url
from web.layout import part


def links(text: str) -> list[str]:
    return re.findall(r'<a href="([^"]*)"', text)


def test_parts_of_pages_in_turn_follow_the_language_of_each(client: FlaskClient) -> None:
    pages = [(code, client.get(f"/{code}/help").text) for code in (*LANGUAGES, *reversed(LANGUAGES))]

    for code, text in pages:
        menu = text[text.index('<nav class="nav"') : text.index('<div class="account">')]
        foot = text[text.index("<footer") :]
        assert {link.split("/")[1] for link in links(menu)} == {code}
        assert {link.split("/")[1] for link in links(foot)} == {code, "api"}
        assert gettext(code, "Data protection") in foot
        assert f'aria-label="{gettext(code, "Main")}"' in menu


def test_menu_marks_the_page_that_is_open_and_no_other(client: FlaskClient) -> None:
    marked = {
        path: re.findall(r'href="([^"]*)" aria-current="page"', client.get(path).text)
        for path in ("/help", "/calls", "/help", "/help/privacy", "/nowhere")
    }

    assert marked == {
        "/help": ["/help"],
        "/calls": ["/calls"],
        "/help/privacy": [],
        "/nowhere": [],
    }


def test_part_is_kept_for_its_values_alone(app: Flask) -> None:
    shown = []
    for language, entries in (
        ("en", ((gettext("en", "Help"), "help.show"),)),
        ("en", (("<Me>", "mine.show"),)),
        ("fr", (("<Me>", "mine.show"),)),
        ("en", ((gettext("en", "Help"), "help.show"),)),
    ):
        with app.test_request_context():
            g.language = language
            shown.append(str(part("menu", entries=entries, current=None)))

    assert shown[0] == shown[3]
    assert len(set(shown)) == 3
    assert "&lt;Me&gt;" in shown[1]


def test_many_pages_of_an_office_are_folded_and_few_stand_alone(app: Flask, write: Opened) -> None:
    shown = {}
    for role in (Role.OFFICER, Role.REVIEWER):
        with write() as session:
            actor = make_actor(session, role)
        client = app.test_client()
        sign_in(app, client, actor.account_id or 0)
        text = client.get("/help").text
        nav = text[text.index('<nav class="nav"') : text.index("</nav>", text.index('<nav class="nav"'))]
        folds = re.findall(r"<details.*?</details>", nav, re.DOTALL)
        shown[role] = (
            [len(links(fold)) for fold in folds],
            len(links(nav)) - sum(map(len, map(links, folds))),
        )

    assert shown == {Role.OFFICER: ([7, 4], 7), Role.REVIEWER: ([], 9)}


def test_a_fold_says_that_the_open_page_is_in_it(app: Flask, write: Opened) -> None:
    with write() as session:
        actor = make_actor(session, Role.OFFICER)
    client = app.test_client()
    sign_in(app, client, actor.account_id or 0)

    marked = [
        re.findall(r'<summary( class="is-here")?>([^<]*)', client.get(path).text.split("<main")[0])
        for path in ("/outbox", "/alike", "/calls")
    ]

    here, not_here = ' class="is-here"', ""
    first, second = "Procedure", "Matching"
    assert marked == [
        [(here, first), (not_here, second)],
        [(not_here, first), (here, second)],
        [(not_here, first), (not_here, second)],
    ]


@pytest.mark.parametrize("ref", ["REQ-2026-0001", "odd/ref é"])
@pytest.mark.parametrize("path", ["/requests", "/fr/requests"])
def test_entry_url_is_that_of_the_page(app: Flask, path: str, ref: str) -> None:
    with app.test_request_context(
        path.removeprefix("/fr"), base_url="http://localhost" + path[: 3 * ("/fr" in path)]
    ):
        assert request.script_root == ("/fr" if "/fr" in path else "")
        asked = {kind: entry_url(kind, ref) for kind in EntryKind}
        pages = {
            kind: url_for(f"entries.{kind.value}_page", ref="REF").replace("REF", "{}") for kind in EntryKind
        }

    quoted = "REQ-2026-0001" if ref.startswith("REQ") else "odd%2Fref%20%C3%A9"
    assert asked == {kind: page.format(quoted) for kind, page in pages.items()}
