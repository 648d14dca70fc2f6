"""Why something was refused, in a sentence for each reason code."""

from __future__ import annotations

from collections.abc import Mapping

from vocabulary.messages import Message

REASONS: Mapping[str, Message] = {
    "unknown": Message("This is not something the service does."),
    "sign_in": Message("Sign in to do this."),
    "role": Message("Your roles do not allow this."),
    "scope": Message("This token was not given the scope that this needs."),
    "conflict_of_interest": Message(
        "You have declared a conflict of interest on this entry, or one is being looked into, "
        "so it stays closed to you."
    ),
    "conflict_unanswered": Message("Answer the conflict question for this entry first."),
    "not_published": Message("This has not been published."),
    "call_not_open": Message("The call is not open for entries."),
    "deadline_passed": Message("The deadline has passed. The officer of the call can grant an extension."),
    "frozen": Message("This entry can no longer be edited, since its review has begun or it is closed."),
    "not_a_draft": Message("Only a draft can be discarded. Withdraw the entry instead."),
    "view_only": Message("The owner has let you view this entry, not edit it."),
    "not_yours": Message("This belongs to somebody else."),
    "own_case": Message("Nobody decides in a case of their own. Ask a colleague."),
    "wrong_phase": Message("This is not possible at this step of the procedure."),
    "scoring_closed": Message("Scores cannot be written now: the review is not open, or it is locked."),
    "before_deliberation": Message("This can be seen once the deliberation has begun."),
    "not_released": Message("The result has not been released yet."),
    "call_not_over": Message("This can be seen once the call is over."),
    "review_not_submitted": Message("The verdict is shown after the review has been submitted."),
    "verdict_hidden": Message("In this call the result is shown after the review has been submitted."),
    "blind_call": Message("In this call the names of those who ask are hidden."),
    "names_hidden": Message("In this call the names of reviewers are hidden."),
    "not_agreed": Message("Contact details are shown once both sides have agreed to the match."),
    "needs_second_person": Message("A second person has to confirm this."),
    "needs_reason": Message("Give the reason. It is logged, and the auditor is told."),
    "involved_before": Message("You took part in the first decision. Somebody else has to do this."),
    "call_roles_only": Message("This is possible only for the roles and records of your own call."),
    "not_technical": Message("An administrator sees technical records only, not those of entries."),
}
"""Reason code -> what to tell whoever was refused."""
