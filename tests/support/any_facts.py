"""Facts of visits with anything in them: what was checked, what slipped through, and what nobody would write."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import get_args

from hypothesis import strategies as st

from notifier import CheckFacts, ChoiceFacts, VisitFacts, VisitorFacts
from notifier.content import Language
from notifier.wording.cancellations import CANCELLATIONS
from notifier.wording.rejections import REJECTIONS
from notifier.wording.staff import DRIFTS, WHYS

ODD_TEXTS = [
    "{",
    "}",
    "{0}",
    "{{",
    "%s",
    "\ue000",
    "\ue0000\ue001",
    "<b>",
    "&amp;",
    "'",
    '"',
    "\n",
    "\r\n",
    " ",
    "\u2028",
    "\u202e",
]
TEXTS = st.one_of(st.text(max_size=12), st.lists(st.sampled_from([*ODD_TEXTS, "a", "Ŷ"]), max_size=6).map("".join))
SLOTS = st.sampled_from(["2026-12-14T14:00/16:00", "2026-12-15T09:30/11:00", "2027-03-28T00:00/12:00"])
INSTANTS = st.datetimes(datetime(1950, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))
DAYS = st.dates(date(1900, 1, 1), date(2100, 1, 1))


def _codes(*known: str) -> st.SearchStrategy[tuple[str, ...]]:
    return st.lists(st.one_of(st.sampled_from(known), TEXTS), max_size=3).map(tuple)


VISIT_FACTS = st.builds(
    VisitFacts,
    visit_id=TEXTS,
    human_id=TEXTS,
    language=st.sampled_from(get_args(Language)),
    prison_name=TEXTS,
    prison_address=TEXTS,
    prison_postcode=TEXTS,
    prison_phone=TEXTS,
    prison_mailbox=TEXTS,
    prisoner_first_name=TEXTS,
    prisoner_last_name=TEXTS,
    prisoner_date_of_birth=DAYS,
    prisoner_number=TEXTS,
    visitors=st.lists(
        st.builds(VisitorFacts, TEXTS, TEXTS, DAYS, st.integers(0, 120), TEXTS, st.booleans()), max_size=3
    ).map(tuple),
    choices=st.lists(st.builds(ChoiceFacts, SLOTS, TEXTS), max_size=3).map(tuple),
    confirm_by=DAYS,
    email=TEXTS,
    phone=TEXTS,
    at=INSTANTS,
    slot_granted=st.one_of(SLOTS, st.none()),
    reasons=_codes(*REJECTIONS),
    cancellation_reasons=_codes(*CANCELLATIONS),
    allowance_renews_on=st.one_of(DAYS, st.none()),
    staff_message=TEXTS,
    checks=st.lists(
        st.builds(
            CheckFacts,
            TEXTS,
            st.one_of(st.sampled_from(["pass", "fail"]), TEXTS),
            TEXTS,
            INSTANTS,
            TEXTS,
        ),
        max_size=2,
    ).map(tuple),
    why=_codes(*WHYS).map(",".join),
    references=st.lists(TEXTS, max_size=2).map(tuple),
    may_be_booked=st.booleans(),
    visit_link=TEXTS,
    staff_link=TEXTS,
    queue_link=TEXTS,
    calendar_sequence=st.integers(0, 9),
    other_slots=st.lists(SLOTS, max_size=2).map(tuple),
    drift=st.one_of(st.sampled_from(list(DRIFTS)), TEXTS),
)
