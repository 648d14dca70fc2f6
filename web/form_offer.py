"""What a support offer is asked, section by section: little, so that offering costs minutes."""

from __future__ import annotations

from vocabulary.messages import Message
from web.form_questions import CHECK, CONTACT, EMAIL, FILES, LANGUAGE, PLACE, Question, Section, Widget

W, Q = Widget, Question

OFFER_SECTIONS = (
    Section(
        "basics",
        Message("The basics"),
        (
            LANGUAGE,
            Q(
                "title",
                W.LINE,
                Message("Title"),
                hint=Message("What you give, to whom, in one line."),
                example=Message("Ten places on a course in ecosystem modelling, in French"),
                is_required=True,
                lookup="entries",
            ),
            Q(
                "summary",
                W.TEXT,
                Message("Summary"),
                hint=Message("Up to 150 words. This is what others read first."),
                is_required=True,
                words=150,
            ),
            Q("contribution", W.RADIOS, Message("In which form do you contribute?"), is_required=True),
            EMAIL,
        ),
    ),
    Section(
        "support",
        Message("What you give"),
        (
            Q("support", W.BOXES, Message("What do you give?"), is_required=True),
            Q(
                "activities",
                W.TEXT,
                Message("How does it work?"),
                hint=Message("What happens, who runs it, what people take home."),
                rows=8,
            ),
            Q("need", W.TEXT, Message("Which needs is it meant for?"), rows=4),
            Q("results", W.TEXT, Message("What should come of it?"), rows=4),
            Q(
                "capacity",
                W.NUMBER,
                Message("For how many?"),
                hint=Message("Leave it empty if there is no limit."),
            ),
            Q("capacity_unit", W.RADIOS, Message("Counted in")),
            Q("amount_ceiling", W.MONEY, Message("Amount you set aside in all")),
            Q("amount_per_request", W.MONEY, Message("Most for one request")),
            Q("currency", W.SELECT, Message("Currency of the amounts")),
            Q("cost_terms", W.RADIOS, Message("Who bears the cost?")),
            Q(
                "conditions",
                W.TEXT,
                Message("Conditions"),
                hint=Message("Who can take it up, and what you expect of them."),
                rows=4,
            ),
            Q("starts_on", W.DAY, Message("Available from")),
            Q("ends_on", W.DAY, Message("Available until")),
            Q(
                "valid_until",
                W.DAY,
                Message("Until when does the offer stand?"),
                hint=Message("Without a day it stands for twelve months; we remind you before it ends."),
            ),
        ),
    ),
    PLACE,
    Section(
        "fit",
        Message("What it serves"),
        (
            Q("categories", W.BOXES, Message("What is it about?")),
            Q(
                "needs",
                W.GROUPED_BOXES,
                Message("Which priority needs can it meet?"),
                hint=Message("The list is a working list."),
            ),
            Q("strategies", W.BOXES, Message("Which strategies does it serve?")),
            Q("initiatives", W.GROUPED_BOXES, Message("Which initiatives does it serve?")),
            Q(
                "deliverables",
                W.GROUPED_BOXES,
                Message("Which work programme deliverables does it serve?"),
            ),
            Q("stage", W.RADIOS, Message("At which stage of the work can it help?")),
            Q(
                "seeks_recognition",
                W.TICK,
                Message("We ask IPBES to recognise this activity"),
                hint=Message("It is then scored on the twelve criteria like a request."),
            ),
        ),
    ),
    CONTACT,
    FILES,
    CHECK,
)
