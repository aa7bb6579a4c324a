"""From a visit and a fact to the bytes that leave: rows of the outbox, rendered before the commit that queues them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol

from adapter.booking.codec import load_request, load_strings
from adapter.clock import LONDON, instant, micros
from adapter.store.records import Visit
from booking_rules.decision import Trace
from booking_rules.prisons import Prison
from booking_rules.request import age_on
from notifier import (
    Channel,
    CheckFacts,
    ChoiceFacts,
    Envelope,
    MessageKind,
    VisitFacts,
    VisitorFacts,
    compose,
    message_id,
)
from notifier.content import Language
from notifier.settings import MailSettings

_NUMBERED = frozenset({MessageKind.VISITOR_MESSAGE, MessageKind.STAFF_DRIFT})
"""Kinds of which one visit may have several; of every other kind it has at most one."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A message written before it is known whether it leaves: good if nothing is written about its visit meanwhile."""

    mark: str
    row: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """One message to write, with what only this occasion knows. Everything else comes from the visit.

    `only_after`: leave it out when a message of that kind was still unsent and is superseded by the same commit.
    """

    kind: MessageKind
    only_after: MessageKind | None = None
    slot_granted: str | None = None
    reasons: tuple[str, ...] = ()
    cancellation_reasons: tuple[str, ...] = ()
    allowance_renews_on: date | None = None
    staff_message: str = ""
    trace: Trace | None = None
    why: str = ""
    references: tuple[str, ...] = ()
    may_be_booked: bool = False
    other_slots: tuple[str, ...] = ()
    drift: str = ""
    draft: Draft | None = None


class Links(Protocol):
    """Where staff find a request. Made by the staff pages; empty strings where there are none."""

    def visit(self, visit: Visit, /) -> str: ...
    def queue(self, visit: Visit, /) -> str: ...


class NoLinks:
    """No staff pages, no links."""

    def visit(self, _visit: Visit) -> str:
        return ""

    def queue(self, _visit: Visit) -> str:
        return ""


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes messages as configured."""

    mail: MailSettings
    channels: Mapping[str, Channel]
    links: Links = field(default_factory=NoLinks)

    def rows(
        self, visit: Visit, prison: Prison | None, letters: Sequence[Letter], at: datetime
    ) -> list[dict[str, object]]:
        """Outbox rows for `letters`, numbered from `visit.mail_sequence`, in this order."""
        return [
            self._row(visit, prison, letter, at, visit.mail_sequence + number)
            if letter.draft is None or letter.draft.mark != visit.mark
            else {**letter.draft.row, "sequence": visit.mail_sequence + number, "created_at": micros(at)}
            for number, letter in enumerate(letters, start=1)
        ]

    def draft(self, visit: Visit, prison: Prison | None, letter: Letter, at: datetime) -> Draft:
        """Write `letter` already now; for one of a kind of which a visit has at most one."""
        assert letter.kind not in _NUMBERED
        return Draft(visit.mark, self._row(visit, prison, letter, at, 0))

    def thread(self, visit: Visit) -> tuple[str, ...]:
        """The message ids that later messages to the mailbox about this visit answer to."""
        return (message_id(visit.id, MessageKind.STAFF_REQUEST, 1, self.mail.domain),)

    def _row(
        self, visit: Visit, prison: Prison | None, letter: Letter, at: datetime, sequence: int
    ) -> dict[str, object]:
        for_staff = letter.kind.value.startswith("staff_")
        name = self.mail.channel_for(letter.kind)
        message = compose(letter.kind, self.facts(visit, prison, letter, at), for_notify=name == "notify")
        recipient = visit.mailbox if for_staff else load_request(visit.request).email
        own_id = message_id(visit.id, letter.kind, sequence if letter.kind in _NUMBERED else 1, self.mail.domain)
        thread = self.thread(visit) if for_staff and letter.kind is not MessageKind.STAFF_REQUEST else ()
        envelope = Envelope(
            message_id=own_id,
            recipient=recipient,
            reply_to=self.mail.unattended_address if for_staff else visit.mailbox,
            sender=self.mail.from_address,
            thread=thread,
            visit_id=visit.id,
        )
        return {
            "visit_id": visit.id,
            "kind": letter.kind.value,
            "sequence": sequence,
            "audience": "mailbox" if for_staff else "visitor",
            "channel": name,
            "recipient": recipient,
            "message_id": own_id,
            "payload": self.channels[name].prepare(message, envelope),
            "created_at": micros(at),
            "not_before": 0,
        }

    def facts(self, visit: Visit, prison: Prison | None, letter: Letter, at: datetime) -> VisitFacts:
        """Everything that a message of this visit may say; what was checked and found only where staff read it."""
        request = load_request(visit.request)
        for_staff = letter.kind.value.startswith("staff_")
        language: Language = "en" if for_staff or visit.language != "cy" else "cy"
        today = instant(visit.arrived_at).astimezone(LONDON).date()
        trace = _trace(visit, letter) if for_staff else None
        notes = notes_of(trace)
        refused = set(load_strings(visit.not_allowed))
        return VisitFacts(
            visit_id=visit.id,
            human_id=visit.human_id,
            language=language,
            prison_name=prison.name_in(language) if prison else visit.prison_key,
            prison_address=(prison.address if prison else "") or "",
            prison_postcode=(prison.postcode if prison else "") or "",
            prison_phone=(prison.phone_no if prison else "") or "",
            prison_mailbox=visit.mailbox,
            prisoner_first_name=request.prisoner.first_name,
            prisoner_last_name=request.prisoner.last_name,
            prisoner_date_of_birth=request.prisoner.date_of_birth,
            prisoner_number=request.prisoner.number,
            visitors=tuple(
                VisitorFacts(
                    first_name=person.first_name,
                    last_name=person.last_name,
                    date_of_birth=person.date_of_birth,
                    age=age_on(person.date_of_birth, today),
                    note=notes.get(f"visitor {number}", ""),
                    allowed=str(number - 1) not in refused,
                )
                for number, person in enumerate(request.visitors, start=1)
            ),
            choices=tuple(
                ChoiceFacts(str(slot), notes.get(f"choice {number}", ""))
                for number, slot in enumerate(request.choices, start=1)
            ),
            confirm_by=date.fromisoformat(visit.confirm_by),
            email=request.email,
            phone=request.phone,
            at=at,
            slot_granted=letter.slot_granted or visit.slot_granted,
            reasons=letter.reasons,
            cancellation_reasons=letter.cancellation_reasons,
            allowance_renews_on=letter.allowance_renews_on,
            staff_message=letter.staff_message,
            checks=_checks(trace),
            why=letter.why,
            references=letter.references,
            may_be_booked=letter.may_be_booked,
            visit_link="" if for_staff else self.mail.visit_link(visit.id, language),
            staff_link=self.links.visit(visit) if for_staff else "",
            queue_link=self.links.queue(visit) if for_staff else "",
            other_slots=letter.other_slots,
            calendar_sequence=visit.calendar_sequence,
            drift=letter.drift,
        )


def _trace(visit: Visit, letter: Letter) -> Trace | None:
    return letter.trace or (Trace.from_json(visit.trace) if visit.trace else None)


def _checks(trace: Trace | None) -> tuple[CheckFacts, ...]:
    if trace is None:
        return ()
    at = trace.at.replace(tzinfo=LONDON)
    return tuple(
        CheckFacts(name=check.name, result=str(check.result), basis=check.basis, at=at, subject=check.subject)
        for check in trace.checks
    )


def notes_of(trace: Trace | None) -> dict[str, str]:
    """What staff read beside each visitor and each choice; of a choice only what is not in order."""
    notes: dict[str, list[str]] = {}
    for check in trace.checks if trace else ():
        subject = check.subject.partition(",")[0]
        if not subject:
            continue
        texts = notes.setdefault(subject, [])
        if subject.startswith("visitor"):
            texts.append(check.basis)
        elif check.result != "pass":
            texts.append(f"{check.name}: {check.result}")
    return {subject: "; ".join(dict.fromkeys(texts)) or "all checks passed" for subject, texts in notes.items()}
