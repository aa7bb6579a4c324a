"""Questions that book nothing: is there such a prisoner, which slots are free, does this prison answer at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import TypeVar

from adapter.booking.desk import Desk
from adapter.booking.views import Feedback, Mode, Offer
from adapter.clock import micros
from adapter.store import outbox
from booking_rules.calendar import bookable_slots, confirm_by
from booking_rules.prisons import Prison
from booking_rules.request import normalise_number
from booking_rules.slots import Slot
from nomis_client import Call, NomisError, VisitSlot
from notifier import Envelope, FeedbackFacts, MessageKind, compose, message_id

T = TypeVar("T")

_MOST_DAYS = 27
"""A page of slots covers its first day and this many after it."""
_MARGIN = 0.15


class _Stranger(Enum):
    """The prison system knows no such prisoner."""

    STRANGER = "stranger"


_STRANGER = _Stranger.STRANGER


@dataclass(frozen=True, slots=True)
class Lookups:
    """Answers from the prison system where it has one in time, else what can be said without it."""

    desk: Desk
    modes: dict[str, tuple[str, datetime]] = field(default_factory=dict)

    async def validate_prisoner(self, number: str, born: date, deadline: float) -> bool:
        """False only when the prison system says that there is no such prisoner."""
        noms_id = normalise_number(number)
        if noms_id is None:
            return False
        nomis = self.desk.nomis
        if nomis.recall_offender(noms_id, born) is not None:
            return True
        try:
            # Any prison's breaker may answer for the look-up: it names none.
            found = await nomis.find_offender(noms_id, born, Call("", deadline - _MARGIN))
        except NomisError:
            return True
        return found is not None

    async def slots(self, prison: Prison, number: str, born: date, start: date, end: date, deadline: float) -> Offer:
        """The timetable with what the prison system says of it; without its answer, the timetable."""
        desk, today = self.desk, self.desk.today()
        bookable = bookable_slots(prison, today, desk.holidays(today))
        shown = [slot for slot in bookable if start <= slot.day <= end and (slot.day - start).days <= _MOST_DAYS]
        noms_id = normalise_number(number)
        if not shown or noms_id is None:
            return Offer(dict.fromkeys(shown, ()))
        call = Call(prison.nomis_id, deadline - _MARGIN)
        free, dates = await self._ask(prison, noms_id, born, shown[0].day, shown[-1].day, call)
        if free is None or not isinstance(dates, frozenset):
            return Offer(dict.fromkeys(shown, ()), stranger=dates is _STRANGER)
        roomy = {item.time.normal for item in free if _has_room(item)}
        if {item.time.normal for item in free} - {str(slot) for slot in shown}:
            desk.counts.drift_seen("slots", "slot_off_timetable")
        return Offer({slot: _reasons(slot, dates, roomy) for slot in shown})

    async def _ask(
        self, prison: Prison, noms_id: str, born: date, first: date, last: date, call: Call
    ) -> tuple[tuple[VisitSlot, ...] | None, frozenset[date] | _Stranger | None]:
        nomis, furthest = self.desk.nomis, self.desk.today() + timedelta(days=60)
        last = min(last, furthest)

        async def dates() -> frozenset[date] | _Stranger:
            offender = nomis.recall_offender(noms_id, born)
            if offender is None:
                offender = await nomis.find_offender(noms_id, born, call)
            return _STRANGER if offender is None else await nomis.available_dates(offender, first, last, call)

        async with asyncio.TaskGroup() as group:
            slots = group.create_task(_or_none(nomis.recent_slots(prison.nomis_id, first, last, call)))
            available = group.create_task(_or_none(dates()))
        return slots.result(), available.result()

    def mode(self, prison: Prison) -> Mode:
        """How requests for this prison are answered now, and since when (as far as this process knows)."""
        desk, today, now = self.desk, self.desk.today(), self.desk.clock.now()
        answers = "real_time" if desk.nomis.is_open(prison.nomis_id) else "degraded"
        mode = answers if prison.real_time else "mailbox"
        known, since = self.modes.get(prison.id, ("", now))
        if known != mode:
            since = now
            self.modes[prison.id] = (mode, now)
        by = confirm_by(prison, today, desk.holidays(today))
        match mode:
            case "mailbox":
                return Mode("mailbox", by, since)
            case "degraded":
                return Mode("degraded", by, since)
            case _:
                return Mode("real_time", by, since)

    async def send_feedback(self, feedback: Feedback) -> None:
        """Queue it as an email to the team."""
        desk, letters = self.desk, self.desk.letters
        mail, now = letters.mail, desk.clock.now().astimezone(UTC)
        feedback_id = desk.ids.visit_id()
        prison = desk.registry.current.by_id(feedback.prison_id) if feedback.prison_id else None
        facts = FeedbackFacts(
            feedback_id=feedback_id,
            body=feedback.body,
            prisoner_number=feedback.prisoner_number,
            prisoner_date_of_birth=feedback.prisoner_date_of_birth,
            prison_name=prison.name if prison else "",
            email_address=feedback.email_address,
            referrer=feedback.referrer,
            user_agent=feedback.user_agent,
            at=now,
        )
        own_id = message_id(feedback_id, MessageKind.FEEDBACK, 1, mail.domain)
        name = mail.channel_for(MessageKind.FEEDBACK)
        envelope = Envelope(
            message_id=own_id,
            recipient=mail.feedback_address,
            reply_to=mail.unattended_address,
            sender=mail.from_address,
        )
        row = {
            "visit_id": None,
            "kind": MessageKind.FEEDBACK.value,
            "sequence": 1,
            "audience": "feedback",
            "channel": name,
            "recipient": mail.feedback_address,
            "message_id": own_id,
            "payload": letters.channels[name].prepare(compose(MessageKind.FEEDBACK, facts), envelope),
            "created_at": micros(now),
            "not_before": 0,
        }
        async with desk.store.write() as tx:
            await outbox.put(tx, [row])
            await tx.commit()
        desk.waker.notify()


async def _or_none(asking: Awaitable[T]) -> T | None:
    try:
        return await asking
    except NomisError:
        return None


def _has_room(slot: VisitSlot) -> bool:
    """Room for one adult and the prisoner."""
    return (
        slot.groups_booked + 1 <= slot.max_groups
        and slot.visitors_booked + 2 <= slot.capacity
        and slot.adults_booked + 2 <= slot.max_adults
    )


def _reasons(slot: Slot, dates: frozenset[date], roomy: set[str]) -> tuple[str, ...]:
    found = []
    if slot.day not in dates:
        found.append("prisoner_unavailable")
    if str(slot) not in roomy:
        found.append("prison_unavailable")
    return tuple(found)
