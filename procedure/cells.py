"""The cells that rows of the permission table share, and how a row is written.

A cell lists the conditions that must all hold; an empty cell is an unconditional yes.
"""

from __future__ import annotations

from collections.abc import Mapping

from procedure.conditions import (
    Condition,
    before_deadline,
    cleared,
    editable,
    glass_broken,
    open_for_entries,
    panel_begun,
    panel_phase,
    received,
    subject,
    under_way,
)
from procedure.facts import Kind

Cell = tuple[Condition, ...]
Row = Mapping[Kind, Cell]

YES: Cell = ()
IN_TIME: Cell = (open_for_entries, before_deadline)
EDIT: Cell = (*IN_TIME, editable)
GLASS: Cell = (glass_broken,)
PANEL: Cell = (panel_phase,)
BEGUN: Cell = (panel_begun,)
SEEN: Cell = (cleared, under_way)
WAY: Cell = (under_way,)
RECEIVED: Cell = (received,)
MINE: Cell = (subject,)


def row(**cells: Cell) -> Row:
    """A row of the table, its cells named by kind of actor."""
    return {Kind(kind): cell for kind, cell in cells.items()}
