"""How do the long lists of choices look as HTML? Written once for each list that the vocabularies give.

A list of countries or needs is the same for every reader of a language until the reference data change, and
a page holds hundreds of its lines. What is kept depends on nothing but the options themselves: it is found
again by the very tuple it was made of, which the vocabularies make once per language and version and which
nobody can change. What is chosen is marked afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any, TypeVar

from markupsafe import Markup, escape

from frame.language import current_language
from services.vocabularies import Option
from translations.catalogues import translate

Made = TypeVar("Made")
Options = tuple[Option, ...]
Groups = tuple[tuple[str, Options], ...]

MOST_KEPT = 2_000
"""About a dozen vocabularies in six languages, some of them in groups, in the newest four versions."""

_made: dict[tuple[int, str], tuple[Any, Any]] = {}
_lock = Lock()


def once(name: str, of: tuple[Any, ...], make: Callable[[Any], Made]) -> Made:
    """What `make` makes of a tuple, made once for this very tuple.

    The tuple is kept beside it, so that no other can get its identity while it is remembered.
    """
    kept = _kept(name, of)
    if kept is not None:
        found: Made = kept
        return found
    made = make(of)
    if _is_fixed(of):
        with _lock:
            if len(_made) >= MOST_KEPT:
                _made.clear()
            _made[id(of), name] = (of, made)
    return made


def _kept(name: str, of: tuple[Any, ...]) -> Any:
    of_then, made = _made.get((id(of), name), (None, None))
    return made if of_then is of else None


def _is_fixed(options: tuple[Any, ...]) -> bool:
    """Made by the vocabularies, in one language; a Message would read differently in another."""
    return all(type(option) is Option and type(option.label) is str for option in options)


def option_list(options: Iterable[Any], chosen: Any = None) -> Markup:
    """The `<option>`s of a select, the chosen one selected."""
    if type(options) is not tuple:
        options = tuple(options)
    written = once("options", options, _written)
    if chosen is None:
        return written
    start = f'<option value="{escape(str(chosen))}"'
    return Markup(str(written).replace(f"{start}>", f"{start} selected>", 1))  # noqa: S704 -- both escaped


def groups_of(options: Options) -> Groups:
    """Options by the one above them: each top one heads its group and is its first choice."""
    return once("groups", options, _groups)


def _groups(options: Options) -> Groups:
    tops = tuple(option for option in options if option.parent is None)
    return tuple(
        (top.label, (top, *(option for option in options if option.parent == top.code))) for top in tops
    )


def _written(options: Options) -> Markup:
    line = Markup('<option value="{}">{}</option>\n')
    return Markup("").join(line.format(*_parts(option)) for option in options)


def _parts(option: Any) -> tuple[Any, Any]:
    """The code and the words of an option, be it an object or a pair."""
    code, label = (option.code, option.label) if hasattr(option, "code") else (option[0], option[1])
    return code, label if isinstance(label, Markup) else translate(label, current_language())
