"""Who may do what with fellowship calls, nominations, marks and shortlists: rows of the permission table.

Whoever marks never reads gender, age or nationality; whoever approves a list did not ask for its run.
"""

from __future__ import annotations

from collections.abc import Mapping

from procedure.cells import BEGUN, GLASS, IN_TIME, PANEL, YES, Row, row
from procedure.conditions import cleared, panel_phase
from vocabulary.actions import Action

FELLOWSHIPS: Mapping[Action, Row] = {
    Action.FELLOWSHIP_EDIT: row(OFF=YES, DEC=YES),
    Action.NOMINATION_LIST_OWN: row(OWN=YES),
    Action.NOMINATION_LIST_ALL: row(MOD=YES, OFF=YES, DEC=YES),
    Action.NOMINATION_CREATE: row(NOM=IN_TIME, NEE=IN_TIME),
    Action.NOMINATION_INVITE: row(NOM=IN_TIME),
    Action.NOMINATION_TAKE_UP: row(NEE=IN_TIME),
    Action.NOMINATION_READ: row(NOM=YES, NEE=YES, REV=(cleared,), MOD=PANEL, OFF=YES, DEC=PANEL, AUD=GLASS),
    Action.NOMINATION_READ_PROTECTED: row(NEE=YES, OFF=YES, DEC=PANEL, AUD=GLASS),
    Action.NOMINATION_EDIT: row(NEE=IN_TIME),
    Action.NOMINATION_APPROVE: row(NOM=IN_TIME),
    Action.NOMINATION_WITHDRAW: row(NOM=YES, NEE=YES),
    Action.NOMINATION_SCREEN: row(OFF=YES),
    Action.NOMINATION_IMPORT: row(OFF=YES, SYS=YES),
    Action.NOMINATION_ASK_ERASURE: row(NEE=YES),
    Action.NOMINATION_ERASE: row(OFF=YES, SYS=YES),
    Action.NOMINATION_TICK: row(SYS=YES),
    Action.NOMINATION_DOWNLOAD: row(
        NOM=YES, NEE=YES, REV=(cleared,), MOD=PANEL, OFF=YES, DEC=PANEL, AUD=GLASS
    ),
    Action.MARK_LIST_OWN: row(REV=YES),
    Action.MARK_SEAT: row(OFF=PANEL),
    Action.MARK_ANSWER: row(REV=PANEL),
    Action.MARK_GIVE: row(REV=(cleared, panel_phase)),
    Action.MARK_RULE: row(OFF=PANEL, DEC=PANEL),
    Action.PLACE_ANSWER: row(NEE=YES),
    Action.FELLOW_READ: row(PUB=YES),
    Action.SHORTLIST_READ: row(MOD=PANEL, OFF=BEGUN, DEC=BEGUN),
    Action.SHORTLIST_EDIT: row(OFF=PANEL, DEC=PANEL),
    Action.SHORTLIST_APPROVE: row(DEC=PANEL),
    Action.SHORTLIST_RELEASE: row(DEC=PANEL),
}
