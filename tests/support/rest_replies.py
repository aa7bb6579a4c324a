"""Good replies of the REST contract, one of each, and a look at what was read from them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from typing import get_type_hints

from nomis_client import (
    SlotTime,
)
from nomis_client.rest import payloads
from nomis_client.rest.decoding import Object
from nomis_client.wire import Reply

READS: dict[str, tuple[Callable[[Object], object], object]] = {
    "offender": (payloads.offender, {"found": True, "offender": {"id": 1057307}}),
    "location": (
        payloads.location,
        {
            "establishment": {"code": "LEI", "desc": "LEEDS (HMP)"},
            "housing_location": {"description": "LEI-A-1", "levels": [{"type": "Wing", "value": "A"}]},
        },
    ),
    "contacts": (
        payloads.contacts,
        {
            "contacts": [
                {
                    "id": 13428,
                    "given_name": "ADA",
                    "middle_names": "B",
                    "surname": "LOVELACE",
                    "date_of_birth": "1985-12-10",
                    "gender": {"code": "F"},
                    "relationship_type": {"code": "SIS"},
                    "contact_type": {"code": "S"},
                    "approved_visitor": True,
                    "active": True,
                    "restrictions": [
                        {"type": {"code": "BAN"}, "effective_date": "2026-01-02", "expiry_date": "2026-02-03"}
                    ],
                }
            ]
        },
    ),
    "dates": (payloads.available_dates, {"dates": ["2026-12-05", "2026-12-06"]}),
    "unavailability": (
        payloads.unavailability,
        {
            "2026-12-05": {
                "external_movement": False,
                "existing_visits": [{"id": 5915, "slot": "2026-12-05T14:00/15:00"}],
                "out_of_vo": False,
                "banned": False,
            }
        },
    ),
    "restrictions": (
        payloads.restrictions,
        {"restrictions": [{"type": {"code": "CLOSED"}, "effective_date": "2026-01-02"}]},
    ),
    "slots": (
        payloads.slots,
        {
            "slots": [
                {
                    "time": "2026-12-05T13:59/15:00",
                    "capacity": 10,
                    "max_groups": 5,
                    "max_adults": 8,
                    "groups_booked": 1,
                    "visitors_booked": 2,
                    "adults_booked": 2,
                }
            ]
        },
    ),
    "found": (
        payloads.found_visits,
        {
            "visits": [
                {
                    "visit_id": 5984,
                    "client_unique_ref": "7f3c-0",
                    "slot": "2026-12-05T14:00/15:00",
                    "visit_status": {"code": "SCH"},
                    "visitors": [{"id": 13428, "lead": True}],
                }
            ]
        },
    ),
    "version": (payloads.version, {"version": "1.2"}),
}
BOOKED = {"visit_id": 5984, "visit_order": {"number": 2018000000157, "type": {"code": "VO"}}}
REFUSED = {"errors": [{"message": "No VO balance"}, {"message": "Visitor 13429 is not an approved contact"}]}
STATUSES = (200, 400, 404, 409, 423, 500)


def now() -> datetime:
    return datetime(2026, 11, 30, tzinfo=UTC)


def a_reply(body: bytes, status: int = 200, content_type: str = "application/json") -> Reply:
    return Reply(status, {"Content-Type": content_type}, body)


def written(value: object) -> bytes:
    return json.dumps(value).encode()


def _field_names(value: object) -> tuple[str, ...]:
    """Of a dataclass or a named tuple; none of anything else."""
    if is_dataclass(value) and not isinstance(value, type):
        return tuple(field.name for field in fields(value))
    return getattr(value, "_fields", ())


def check_types(value: object) -> None:
    """A value that came through is of the types that the port promises, all the way down."""
    if names := _field_names(value):
        hints = get_type_hints(type(value))
        for name in names:
            inner = getattr(value, name)
            if hints[name] in {int, str, bool, date, SlotTime}:
                assert type(inner) is hints[name], name
            check_types(inner)
    elif isinstance(value, (tuple, frozenset)):
        for inner in value:
            check_types(inner)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            assert type(key) is date
            check_types(inner)
    elif type(value) is int:
        assert 0 <= value < 2**63
    elif type(value) is str:
        value.encode("utf-8")
        assert "\x00" not in value
    else:
        assert value is None or type(value) in {bool, date}, type(value)
