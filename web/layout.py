"""Which parts of a page are the same for everybody? Written once for each language and kept.

A part may depend on its language, on where the service is mounted, and on the values it is given, which are
all of what it is found again by. Nothing of who asks or what the database holds gets into one.
"""

from __future__ import annotations

from collections.abc import Hashable

from flask import Flask, current_app, request
from markupsafe import Markup

from frame.language import current_language

MOST_KEPT = 2_000
_KEPT = "capmatch_parts"


def install(app: Flask) -> None:
    """Let templates ask for parts."""
    app.extensions[_KEPT] = {}
    app.jinja_env.globals["part"] = part


def part(name: str, **values: Hashable) -> Markup:
    """templates/layout/<name>.html, rendered with these values alone."""
    kept: dict[Hashable, Markup] = current_app.extensions[_KEPT]
    language, root = current_language(), request.script_root
    key = (name, language, root, *sorted(values.items()))
    found = kept.get(key)
    if found is not None:
        return found
    template = current_app.jinja_env.get_template(f"layout/{name}.html")
    made = Markup(template.render(values))  # noqa: S704 -- a template escapes what it is given
    if not current_app.jinja_env.auto_reload:  # somebody is at work on the templates
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = made
    return made
