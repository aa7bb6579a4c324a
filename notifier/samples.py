"""Made-up facts for every message: for previews and tests. Nobody here exists; dates follow the `today` given."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Final

from notifier.content import CheckFacts, ChoiceFacts, FeedbackFacts, Language, VisitFacts, VisitorFacts
from notifier.kinds import MessageKind

VISIT_ID: Final = "6f1c2f0a-9a55-4c57-8e4f-3b1d5a7c9e21"
_PRISON: Final = {"en": "Cardiff", "cy": "Caerdydd"}


def sample(kind: MessageKind, language: Language, today: date) -> VisitFacts | FeedbackFacts:
    """Facts that fill every part of this message."""
    at = datetime.combine(today, time(9, 30), UTC)
    if kind is MessageKind.FEEDBACK:
        return _feedback(at)
    facts = _visit(kind, language, today, at)
    match kind:
        case MessageKind.VISITOR_BOOKED | MessageKind.STAFF_BOOKED_COPY:
            refused = VisitorFacts("Grace", "Hopper", _born(today, 30), 30, "Not on the list", allowed=False)
            return replace(facts, visitors=(*facts.visitors, refused), staff_message=_STAFF_MESSAGE[facts.language])
        case MessageKind.VISITOR_REJECTED:
            return replace(
                facts, reasons=("no_allowance", "visit_not_possible"), staff_message=_STAFF_MESSAGE[facts.language]
            )
        case MessageKind.VISITOR_MESSAGE:
            return replace(facts, staff_message=_STAFF_MESSAGE[facts.language])
        case MessageKind.VISITOR_CANCELLED:
            return replace(facts, cancellation_reasons=("prisoner_moved",))
        case MessageKind.STAFF_REQUEST | MessageKind.STAFF_WITHDRAWN:
            return replace(facts, may_be_booked=True)
        case MessageKind.STAFF_CANCELLED:
            return replace(facts, cancellation_reasons=("visitor_cancelled",), why="not_answered")
        case MessageKind.STAFF_DRIFT:
            return replace(facts, drift="moved")
        case _:
            return facts


_STAFF_MESSAGE: Final = {
    "en": "Please use the entrance in North Street.\nThe main gate is being repaired.",
    "cy": "Defnyddiwch y fynedfa yn North Street.\nMae’r brif giât yn cael ei thrwsio.",
}


def _born(today: date, age: int) -> date:
    """A date of birth that makes somebody this old on every day of this year."""
    return date(today.year - age, 1, 1)


def _feedback(at: datetime) -> FeedbackFacts:
    return FeedbackFacts(
        feedback_id="0b8f8a3e-4d4d-4c0e-8a6e-0f5b9f7d2c11",
        body="The calendar was easy to use.\nI would like more weekend visits.",
        prisoner_number="A1234BC",
        prisoner_date_of_birth="1980-05-06",
        prison_name="Cardiff",
        email_address="ada@example.com",
        referrer="https://visits.example.com/en/request",
        user_agent="Example browser 1.0",
        at=at,
    )


def _visit(kind: MessageKind, language: Language, today: date, at: datetime) -> VisitFacts:
    monday = today + timedelta(days=21 - today.weekday())
    slots = tuple(f"{monday + timedelta(days=n)}T14:00/16:00" for n in range(3))
    booked = kind in _WITH_SLOT
    return VisitFacts(
        visit_id=VISIT_ID,
        human_id="7KQ2M4XP",
        language=language,
        prison_name=_PRISON[language if kind.value.startswith("visitor_") else "en"],
        prison_address="1 Example Road\nCardiff",
        prison_postcode="CF24 0ZZ",
        prison_phone="01632 960123",
        prison_mailbox="visits.cardiff@example.com",
        prisoner_first_name="Oscar",
        prisoner_last_name="Wilde",
        prisoner_date_of_birth=_born(today, 44),
        prisoner_number="A1234BC",
        visitors=(
            VisitorFacts("Ada", "Lovelace", _born(today, 40), 40, "On the list"),
            VisitorFacts("Siân", "Ó Briain", _born(today, 11), 11, "Almost as on the list: Sian O’Brien"),
        ),
        choices=(
            ChoiceFacts(slots[0], "has room"),
            ChoiceFacts(slots[1], "full"),
            ChoiceFacts(slots[2], "not looked at"),
        ),
        confirm_by=today + timedelta(days=5),
        email="ada@example.com",
        phone="+447700900123",
        at=at,
        slot_granted=slots[0] if booked else None,
        references=(f"{VISIT_ID}-1",),
        visit_link=f"https://visits.example.com/{language}/visits/{VISIT_ID}",
        staff_link="https://staff.example.com/staff/v/EXAMPLE",
        queue_link="https://staff.example.com/staff/q/EXAMPLE",
        other_slots=tuple(f"{monday + timedelta(days=n)}T09:30/11:00" for n in (3, 4)),
        calendar_sequence=1 if kind is MessageKind.VISITOR_CANCELLED else 0,
        allowance_renews_on=monday + timedelta(days=14),
        checks=(
            CheckFacts("prisoner found", "pass", "Number and date of birth match one active prisoner", at),
            CheckFacts(
                "on the contact list", "fail", "The name is almost, but not quite, as on the list", at, "visitor 2"
            ),
            CheckFacts("offered, with room", "unknown", "NOMIS did not answer in time", at, "choice 3"),
        ),
        why="near_match",
    )


_WITH_SLOT: Final = frozenset(
    {
        MessageKind.VISITOR_BOOKED,
        MessageKind.VISITOR_CANCELLED,
        MessageKind.STAFF_SETTLED,
        MessageKind.STAFF_BOOKED_COPY,
        MessageKind.STAFF_CANCELLED,
        MessageKind.STAFF_DRIFT,
    }
)
