"""What templates see of a visit: every value a clean string, already in its language.

Views are tuples of texts, of more such tuples, and of what is only asked for (a bool, None), as `notifier.forms` needs.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import NamedTuple

from notifier import dates, wording
from notifier.content import CheckFacts, FeedbackFacts, Language, VisitFacts, VisitorFacts
from notifier.wording.cancellations import BY_VISITOR


def clean(text: str) -> str:
    """One line: whatever could break a line, hide or turn text around becomes a blank; runs of blanks become one.

    Names and numbers are checked before they are stored. This is for what slipped through, and for other systems' text.
    """
    if text.isprintable():
        return " ".join(text.split())
    kept = (" " if unicodedata.category(c) in {"Cc", "Cs", "Zl", "Zp"} or c in _TURNS else c for c in text)
    return " ".join("".join(kept).split())


_TURNS = frozenset("\u061c\u200b\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


def clean_lines(text: str) -> tuple[str, ...]:
    """The same line by line, for what people wrote in several lines; empty lines at the ends dropped."""
    lines = [clean(line) for line in text.splitlines()]
    while lines and not lines[0]:
        lines.pop(0)
    while lines and not lines[-1]:
        lines.pop()
    return tuple(lines)


def anonymised(visitor: VisitorFacts) -> str:
    """First name and initial: all that a visitor's email says of anyone."""
    last_name = unicodedata.normalize("NFC", clean(visitor.last_name))
    return clean(f"{visitor.first_name} {last_name[:1]}")


class SlotView(NamedTuple):
    day: str
    day_inside: str
    time: str
    arrive_by: str

    @staticmethod
    @lru_cache(maxsize=1024)
    def of(text: str, language: Language) -> SlotView:
        slot = dates.Slot.parse(text)
        return SlotView(
            day=dates.day_text(slot.day, language),
            day_inside=dates.day_inside(slot.day, language),
            time=dates.times_text(slot, language),
            arrive_by=dates.time_text(slot.arrive_by, language),
        )


class ChoiceView(NamedTuple):
    when: str
    note: str = ""

    @property
    def line(self) -> str:
        return f"{self.when}: {self.note}" if self.note else self.when


class PersonView(NamedTuple):
    name: str
    date_of_birth: str
    age: str
    note: str
    allowed: bool

    @property
    def row(self) -> tuple[str, ...]:
        return (self.name, self.date_of_birth, self.age, self.note or "not looked at")


class CheckView(NamedTuple):
    name: str
    result: str
    basis: str
    at: str

    @property
    def row(self) -> tuple[str, ...]:
        return (self.name, self.result, self.basis or "no details", self.at)

    @classmethod
    def of(cls, check: CheckFacts) -> CheckView:
        return cls(
            name=clean(wording.check_name(check.name, check.subject)),
            result=wording.result_word(check.result),
            basis=dates.spelled_out(clean(check.basis)),
            at=dates.instant_text(check.at, "en"),
        )


class VisitorView(NamedTuple):
    """All that a visitor's message can say. `can_come` and `cannot_come` are anonymised."""

    human_id: str
    prison: str
    address: tuple[str, ...]
    phone: str
    mailbox: str
    can_come: tuple[str, ...]
    cannot_come: tuple[str, ...]
    choices: tuple[ChoiceView, ...]
    """Without notes, which are for staff."""
    confirm_by: str
    confirm_by_inside: str
    slot: SlotView | None
    rejected_for: tuple[str, ...]
    cancelled_for: tuple[str, ...]
    cancelled_by_visitor: bool
    allowance_renews_on: str
    staff_message: tuple[str, ...]
    visit_link: str
    other_slots: tuple[str, ...]


class StaffView(NamedTuple):
    """All that a message to a prison's mailbox can say; in English."""

    visit_id: str
    human_id: str
    prison: str
    prisoner: str
    prisoner_number: str
    prisoner_date_of_birth: str
    people: tuple[PersonView, ...]
    refused: tuple[str, ...]
    choices: tuple[ChoiceView, ...]
    first_day: str
    confirm_by: str
    visitor_email: str
    visitor_phone: str
    slot: SlotView | None
    cancelled_for: tuple[str, ...]
    cancelled_by_visitor: bool
    staff_message: tuple[str, ...]
    checks: tuple[CheckView, ...]
    why: tuple[str, ...]
    not_removed: tuple[str, ...]
    references: tuple[str, ...]
    may_be_booked: bool
    staff_link: str
    queue_link: str
    drift: str
    drift_step: str


def visitor_view(facts: VisitFacts) -> VisitorView:
    """The view of these facts in their language."""
    language = facts.language
    return VisitorView(
        human_id=clean(facts.human_id),
        prison=clean(facts.prison_name),
        address=tuple(line for line in (*clean_lines(facts.prison_address), clean(facts.prison_postcode)) if line),
        phone=clean(facts.prison_phone),
        mailbox=clean(facts.prison_mailbox),
        can_come=tuple(anonymised(visitor) for visitor in facts.visitors if visitor.allowed),
        cannot_come=tuple(anonymised(visitor) for visitor in facts.visitors if not visitor.allowed),
        choices=tuple(ChoiceView(dates.slot_text(choice.slot, language)) for choice in facts.choices),
        confirm_by=dates.day_text(facts.confirm_by, language),
        confirm_by_inside=dates.day_inside(facts.confirm_by, language),
        slot=SlotView.of(facts.slot_granted, language) if facts.slot_granted else None,
        rejected_for=wording.rejection_reasons(facts.reasons, language),
        cancelled_for=wording.cancellation_reasons(facts.cancellation_reasons, language),
        cancelled_by_visitor=BY_VISITOR in facts.cancellation_reasons,
        allowance_renews_on=_mutated(facts.allowance_renews_on, language),
        staff_message=clean_lines(facts.staff_message),
        visit_link=clean(facts.visit_link),
        other_slots=tuple(dates.slot_text(slot, language) for slot in facts.other_slots),
    )


def staff_view(facts: VisitFacts) -> StaffView:
    """The view of these facts in English, whatever the language of the request."""
    slots = [dates.Slot.parse(choice.slot) for choice in facts.choices]
    whys = [code.strip() for code in facts.why.split(",") if code.strip()]
    people = tuple(_person(visitor) for visitor in facts.visitors)
    return StaffView(
        visit_id=clean(facts.visit_id),
        human_id=clean(facts.human_id),
        prison=clean(facts.prison_name),
        prisoner=clean(f"{facts.prisoner_first_name} {facts.prisoner_last_name}"),
        prisoner_number=clean(facts.prisoner_number),
        prisoner_date_of_birth=dates.date_text(facts.prisoner_date_of_birth, "en"),
        people=people,
        refused=tuple(person.name for person in people if not person.allowed),
        choices=tuple(
            ChoiceView(dates.slot_text(c.slot, "en"), dates.spelled_out(clean(c.note))) for c in facts.choices
        ),
        first_day=dates.day_text(slots[0].day, "en") if slots else "",
        confirm_by=dates.day_text(facts.confirm_by, "en"),
        visitor_email=clean(facts.email),
        visitor_phone=clean(facts.phone),
        slot=SlotView.of(facts.slot_granted, "en") if facts.slot_granted else None,
        cancelled_for=wording.cancellation_reasons_for_staff(facts.cancellation_reasons),
        cancelled_by_visitor=BY_VISITOR in facts.cancellation_reasons,
        staff_message=clean_lines(facts.staff_message),
        checks=tuple(CheckView.of(check) for check in facts.checks),
        why=tuple(wording.why_words(code) for code in whys),
        not_removed=tuple(wording.not_removed_words(code) for code in whys),
        references=tuple(clean(reference) for reference in facts.references),
        may_be_booked=facts.may_be_booked,
        staff_link=clean(facts.staff_link),
        queue_link=clean(facts.queue_link),
        drift=wording.drift_words(facts.drift) if facts.drift else "",
        drift_step=wording.drift_step(facts.drift),
    )


def _person(visitor: VisitorFacts) -> PersonView:
    return PersonView(
        name=clean(f"{visitor.first_name} {visitor.last_name}"),
        date_of_birth=dates.date_text(visitor.date_of_birth, "en"),
        age=str(visitor.age),
        note=dates.spelled_out(clean(visitor.note)),
        allowed=visitor.allowed,
    )


def _mutated(day: date | None, language: Language) -> str:
    return dates.day_mutated(day, language) if day else ""


@dataclass(frozen=True, slots=True)
class FeedbackView:
    body: tuple[str, ...]
    rows: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, facts: FeedbackFacts) -> FeedbackView:
        rows = (
            ("Prison", facts.prison_name),
            ("Prisoner number", facts.prisoner_number),
            ("Prisoner date of birth", facts.prisoner_date_of_birth),
            ("Email address", facts.email_address),
            ("Came from", facts.referrer),
            ("Browser", facts.user_agent),
            ("Sent", dates.instant_text(facts.at, "en")),
        )
        return cls(clean_lines(facts.body), tuple((label, clean(value)) for label, value in rows if clean(value)))
