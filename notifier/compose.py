"""From facts to a message."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from notifier import calendars
from notifier.content import FeedbackFacts, VisitFacts
from notifier.forms import fill
from notifier.kinds import Audience, MessageKind
from notifier.messages import Message
from notifier.templates import Rendered, render
from notifier.view import FeedbackView, VisitorView, staff_view, visitor_view


def compose(kind: MessageKind, facts: VisitFacts | FeedbackFacts, *, for_notify: bool = True) -> Message:
    """The message of this kind: visitors' in the language of the facts, all others in English. No clock, no I/O.

    Without `for_notify` its `personalisation` stays empty, which no channel but GOV.UK Notify looks at.
    """
    if isinstance(facts, FeedbackFacts):
        assert kind is MessageKind.FEEDBACK
        return _feedback(facts)
    assert kind is not MessageKind.FEEDBACK
    return _to_staff(kind, facts) if kind.audience is Audience.MAILBOX else _to_visitor(kind, facts, for_notify)


def _to_visitor(kind: MessageKind, facts: VisitFacts, for_notify: bool) -> Message:
    view = visitor_view(facts)
    rendered = fill(kind, facts.language, view, for_notify=for_notify)
    calendar = calendars.invitation(kind, facts)
    return Message(
        kind=kind,
        language=facts.language,
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=calendar.content if calendar else None,
        calendar_method=calendar.method if calendar else None,
        personalisation=_personalisation(view, rendered.subject, rendered.notify) if for_notify else {},
        high_priority=False,
        written_at=facts.at,
    )


def _to_staff(kind: MessageKind, facts: VisitFacts) -> Message:
    rendered = fill(kind, "en", staff_view(facts), for_notify=False)
    return _to_us(kind, rendered, facts.at, high_priority=_is_urgent(kind, facts))


_URGENT_IN_DOUBT: Final = frozenset({MessageKind.STAFF_REQUEST, MessageKind.STAFF_WITHDRAWN, MessageKind.STAFF_DRIFT})


def _is_urgent(kind: MessageKind, facts: VisitFacts) -> bool:
    """Something may be in the prison system that shouldn't be, and a person has to look."""
    if kind is MessageKind.STAFF_CANCELLED:
        return True
    return facts.may_be_booked and kind in _URGENT_IN_DOUBT


def _personalisation(view: VisitorView, subject: str, body: str) -> dict[str, str]:
    """Always the same keys, empty where there is nothing to say: Notify refuses a message with one missing."""
    return {
        "subject": subject,
        "body": body,
        "visit_reference": view.human_id,
        "prison": view.prison,
        "prison_email": view.mailbox,
        "prison_phone": view.phone,
        "date": view.slot.day if view.slot else "",
        "time": view.slot.time if view.slot else "",
        "arrive_by": view.slot.arrive_by if view.slot else "",
        "slots": "\n".join(choice.when for choice in view.choices),
        "visitors": ", ".join(view.can_come),
        "confirm_by": view.confirm_by,
        "reasons": "\n".join((*view.rejected_for, *view.cancelled_for)),
        "staff_message": "\n".join(view.staff_message),
        "visit_link": view.visit_link,
    }


def _feedback(facts: FeedbackFacts) -> Message:
    rendered = render(MessageKind.FEEDBACK, "en", {"v": FeedbackView.of(facts)})
    return _to_us(MessageKind.FEEDBACK, rendered, facts.at)


def _to_us(kind: MessageKind, rendered: Rendered, at: datetime, *, high_priority: bool = False) -> Message:
    """To staff or to the team: in English, by email, without a calendar entry."""
    return Message(
        kind=kind,
        language="en",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=None,
        calendar_method=None,
        personalisation={},
        high_priority=high_priority,
        written_at=at,
    )
