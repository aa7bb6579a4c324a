"""What has happened so far: the newest visits with their steps, and the mails that arrived."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select

from adapter.clock import LONDON
from adapter.demo.mail import Mail
from adapter.demo.mail_sink import MailSink
from adapter.store import visits as visit_rows
from adapter.store.records import EventRow, Visit
from adapter.store.tables import visits
from adapter.store.unit_of_work import Store
from booking_rules.lifecycle import PUBLIC_STATE

SHOWN = 8
"""Visits, and mails beside those of these visits."""

_STAFF = re.compile(r"https?://[^\s/]+(/staff/v/\S+)")

STEPS = {
    "received": "received and stored",
    "checking": "asking the prison system",
    "waiting": "waiting for the prison system",
    "booking": "being booked",
    "in_doubt": "in doubt: did it book?",
    "with_staff": "with the prison’s staff",
    "booked": "booked",
    "rejected": "rejected",
    "withdrawing": "being withdrawn",
    "withdrawn": "withdrawn",
    "cancelling": "being cancelled",
    "cancelled": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Moment:
    """One line of a visit's history. `at`: London wall time."""

    at: str
    step: str
    words: str


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """A visit without anything personal in it."""

    id: str
    human_id: str
    prison: str
    step: str
    words: str
    state: str
    slot: str
    history: tuple[Moment, ...]


@dataclass(frozen=True, slots=True)
class ShownMail:
    """A mail. `staff_page`: the path of the staff page that it leads to, or nothing."""

    number: int
    at: str
    to: str
    subject: str
    staff_page: str


@dataclass(frozen=True, slots=True)
class Board:
    """Newest first."""

    visits: tuple[ShownVisit, ...]
    mails: tuple[ShownMail, ...]


async def read_board(store: Store, sink: MailSink) -> Board:
    """As of now. Raises `StoreUnavailable`."""
    async with store.read() as tx:
        newest = select(visits.c.id).order_by(visits.c.arrived_at.desc(), visits.c.id).limit(SHOWN)
        ids = list((await tx.execute(newest)).scalars())
        found = [
            _visit(visit, await visit_rows.history(tx, visit_id))
            for visit_id in ids
            if (visit := await visit_rows.load(tx, visit_id)) is not None
        ]
    mails = tuple(_mail(mail) for mail in reversed(sink.mails[-3 * SHOWN :]))
    return Board(tuple(found), mails)


def staff_page(mail: Mail) -> str:
    """The path of the request's page that this mail asks staff to open; empty for other mails."""
    if mail.header("X-Message-Kind") != "staff_request":
        return ""
    found = _STAFF.search(mail.text)
    return found[1] if found else ""


def _visit(visit: Visit, history: Sequence[EventRow]) -> ShownVisit:
    return ShownVisit(
        id=visit.id,
        human_id=visit.human_id,
        prison=visit.prison_key,
        step=visit.step.value,
        words=STEPS[visit.step.value],
        state=PUBLIC_STATE[visit.step].value,
        slot=(visit.slot_granted or "").replace("T", " "),
        history=tuple(_moment(row) for row in history if row.from_step != row.to_step),
    )


def _moment(row: EventRow) -> Moment:
    return Moment(_clock(datetime.fromtimestamp(row.at / 1_000_000, UTC)), row.to_step, STEPS[row.to_step])


def _mail(mail: Mail) -> ShownMail:
    to = ", ".join(mail.recipients)
    return ShownMail(mail.id, _clock(mail.received_at), to, mail.header("Subject") or "(no subject)", staff_page(mail))


def _clock(at: datetime) -> str:
    return f"{at.astimezone(LONDON):%H:%M:%S}"
