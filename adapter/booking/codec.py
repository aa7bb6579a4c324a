"""Between stored JSON and values. Rows of another `shape` never come here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from pydantic_core import to_json

from booking_rules.request import Person, Prisoner, VisitRequest
from booking_rules.slots import Slot
from nomis_client import BookingOrder

_sorted = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))
_recent: dict[str, VisitRequest] = {}
_MOST_RECENT = 256


def dump(value: object) -> str:
    """Compact JSON with sorted keys: equal values give equal text."""
    return _sorted.encode(value)


def dump_request(request: VisitRequest) -> str:
    """As `dump` would; whoever loads it next needn't parse it."""
    prisoner = request.prisoner
    text = to_json(
        {  # in order: not sorted again
            "choices": [str(slot) for slot in request.choices],
            "email": request.email,
            "phone": request.phone,
            "prisoner": {**_person(prisoner), "number": prisoner.number},
            "visitors": [_person(visitor) for visitor in request.visitors],
        }
    ).decode()
    _keep(text, request)
    return text


def load_request(text: str) -> VisitRequest:
    """The request as it was checked on arrival. The most recent ones are kept."""
    recent = _recent.get(text)
    if recent is None:
        recent = parse_request(text)
        _keep(text, recent)
    return recent


def _keep(text: str, request: VisitRequest) -> None:
    if len(_recent) >= _MOST_RECENT:
        del _recent[next(iter(_recent))]
    _recent[text] = request


def parse_request(text: str) -> VisitRequest:
    """As `load_request`, without keeping it."""
    data = json.loads(text)
    prisoner = data["prisoner"]
    return VisitRequest(
        prisoner=Prisoner(
            first_name=prisoner["first_name"],
            last_name=prisoner["last_name"],
            date_of_birth=date.fromisoformat(prisoner["date_of_birth"]),
            number=prisoner["number"],
        ),
        visitors=tuple(
            Person(
                first_name=item["first_name"],
                last_name=item["last_name"],
                date_of_birth=date.fromisoformat(item["date_of_birth"]),
            )
            for item in data["visitors"]
        ),
        email=data["email"],
        phone=data["phone"],
        choices=tuple(Slot.parse(item) for item in data["choices"]),
    )


def dump_order(order: BookingOrder) -> str:
    """The whole booking, transport-neutral; what is stored is what every repeat sends."""
    return dump(
        {
            "offender_id": order.offender_id,
            "prison": order.prison,
            "lead_contact": order.lead_contact,
            "other_contacts": list(order.other_contacts),
            "slot": order.slot,
            "reference": order.reference,
            "comment": order.comment,
        }
    )


def load_order(text: str) -> BookingOrder:
    data = json.loads(text)
    return BookingOrder(**{**data, "other_contacts": tuple(data["other_contacts"])})


@dataclass(frozen=True, slots=True)
class StoredOutcome:
    """How a request was decided: what the frontend may see, as stored. `choices` are results, in order."""

    decision: str
    reasons: tuple[str, ...]
    choices: tuple[str, ...]
    mode: str

    def dumped(self) -> str:
        return _dump_outcome(self)


# Most outcomes are alike, and nothing of a person is in one.
@lru_cache(maxsize=256)
def _dump_outcome(outcome: StoredOutcome) -> str:
    return dump(
        {
            "decision": outcome.decision,
            "reasons": list(outcome.reasons),
            "choices": list(outcome.choices),
            "mode": outcome.mode,
        }
    )


@lru_cache(maxsize=256)
def load_outcome(text: str) -> StoredOutcome:
    data = json.loads(text)
    return StoredOutcome(data["decision"], tuple(data["reasons"]), tuple(data["choices"]), data["mode"])


def load_ids(text: str) -> frozenset[int]:
    return frozenset(json.loads(text))


def dump_ids(ids: Iterable[int]) -> str:
    return dump(sorted(ids))


def load_strings(text: str | None) -> tuple[str, ...]:
    """A stored list of strings; empty for NULL."""
    return tuple(json.loads(text)) if text else ()


def _person(person: Person | Prisoner) -> dict[str, str]:
    return {
        "date_of_birth": person.date_of_birth.isoformat(),
        "first_name": person.first_name,
        "last_name": person.last_name,
    }
