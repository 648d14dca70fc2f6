"""What a support request is asked, section by section."""

from __future__ import annotations

from vocabulary.messages import Message
from web.form_questions import CHECK, CONTACT, EMAIL, FILES, LANGUAGE, PLACE, Question, Section, Widget

W, Q = Widget, Question

REQUEST_SECTIONS = (
    Section(
        "basics",
        Message("The basics"),
        (
            LANGUAGE,
            Q(
                "title",
                W.LINE,
                Message("Title"),
                hint=Message("What you want to do and where, in one line."),
                example=Message("National assessment of pollinators in the highlands"),
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
            EMAIL,
        ),
    ),
    Section(
        "need",
        Message("The need"),
        (
            Q(
                "need",
                W.TEXT,
                Message("Which capacity is missing, and why does it matter now?"),
                hint=Message("Two or three paragraphs. The more you say, the better your matches."),
                is_required=True,
                rows=9,
            ),
            Q(
                "activities",
                W.TEXT,
                Message("What do you plan to do?"),
                hint=Message("Main steps, who takes part, and where."),
                is_required=True,
                rows=9,
            ),
            Q("results", W.TEXT, Message("What will be different afterwards?"), rows=6),
            Q("categories", W.BOXES, Message("What is it about?")),
            Q(
                "needs",
                W.GROUPED_BOXES,
                Message("Which priority needs does it answer?"),
                hint=Message("The list is a working list. Choose the ones that fit best, not all."),
            ),
        ),
    ),
    PLACE,
    Section(
        "support",
        Message("The support you seek"),
        (
            Q(
                "support",
                W.BOXES,
                Message("What kind of support do you seek?"),
                hint=Message(
                    "Think beyond money: training, hosting, data and people are offered more often."
                ),
                is_required=True,
            ),
            Q(
                "essential_support",
                W.BOXES,
                Message("Which of it is essential?"),
                hint=Message("Without it the work cannot start. Tick only what you ticked above."),
            ),
            Q("stage", W.RADIOS, Message("What is the support for?")),
            Q("amount_needed", W.MONEY, Message("What will the work cost in all?")),
            Q("amount_sought", W.MONEY, Message("How much of it do you seek?")),
            Q("currency", W.SELECT, Message("Currency of the amounts")),
            Q("starts_on", W.DAY, Message("First day of the work")),
            Q("ends_on", W.DAY, Message("Last day of the work")),
            Q(
                "same_request_elsewhere",
                W.TEXT,
                Message("Have you asked for this elsewhere?"),
                hint=Message("Where, when, and with which answer so far."),
                rows=3,
            ),
        ),
    ),
    Section(
        "fit",
        Message("Fit with the rolling plan"),
        (
            Q(
                "strategies",
                W.BOXES,
                Message("Under which strategies do you submit it?"),
                hint=Message("The task force judges it by the criteria of the strategies you choose."),
                is_required=True,
            ),
            Q("initiatives", W.GROUPED_BOXES, Message("To which initiatives does it belong?")),
            Q("deliverables", W.GROUPED_BOXES, Message("Which work programme deliverables does it serve?")),
            Q(
                "guidance_used",
                W.TEXT,
                Message("Which IPBES guidance does the work use, and how?"),
                rows=4,
            ),
            Q("stakeholders", W.TEXT, Message("Who takes part, and at which stage?"), rows=4),
            Q(
                "iplc_involved",
                W.TEXT,
                Message("How are indigenous peoples and local communities and their knowledge involved?"),
                rows=4,
            ),
            Q("people_involved", W.TEXT, Message("Who will do the work?"), rows=3),
            Q(
                "focal_point_consulted",
                W.RADIOS,
                Message("Did you consult the national focal point?"),
                why=Message(
                    "Work at national level is expected to be consulted with the focal point (criterion 10)."
                ),
            ),
            Q("focal_point_name", W.LINE, Message("Who was consulted?")),
            Q("focal_point_consulted_on", W.DAY, Message("On which day?")),
        ),
    ),
    Section(
        "self_assessment",
        Message("Your own assessment"),
        (
            Q(
                "self_assessment",
                W.ASSESSMENT,
                Message("How does the work meet the criteria?"),
                hint=Message(
                    "Optional, and a help to you and to the reviewers. Say where the text shows it."
                ),
            ),
        ),
    ),
    CONTACT,
    FILES,
    CHECK,
)
