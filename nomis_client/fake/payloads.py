"""The REST contract's spelling: replies to JSON, requests from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from typing import Any, assert_never

from nomis_client.fake.canned import Canned
from nomis_client.fake.descriptions import CONTACT_TYPES, ORDERS, RELATIONSHIPS, RESTRICTIONS
from nomis_client.fake.entities import Contact, Restriction, Visit
from nomis_client.fake.installation import Installation
from nomis_client.fake.replies import (
    Booking,
    Cancelled,
    ContactList,
    Dates,
    Days,
    FoundVisits,
    Healthy,
    No,
    OffenderFound,
    Offered,
    Refusal,
    Reply,
    Restrictions,
    Slots,
    VersionIs,
    Whereabouts,
)
from nomis_client.fake.requests import READS, Operation

Json = dict[str, Any]


def written(reply: Reply, operation: Operation, installation: Installation) -> Canned:
    """The HTTP answer that says `reply`."""
    if isinstance(reply, Refusal):
        return _refusal(reply, operation, installation)
    return as_json(200, body_of(reply), installation)


def as_json(status: int, body: object, installation: Installation) -> Canned:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    if installation.escape_slashes:
        text = text.replace("/", "\\/")  # a slash can only stand inside a string, where both mean the same
    return Canned(status, text, "application/json")


def body_of(reply: Reply) -> Json:
    """The members as the contract has them; what is null is left out."""
    match reply:
        case OffenderFound():
            found = reply.offender_id is not None
            return {"found": True, "offender": {"id": reply.offender_id}} if found else {"found": False}
        case Whereabouts():
            return {"establishment": {"code": reply.code, "desc": reply.desc}, **_housing(reply.housing)}
        case ContactList():
            return {"contacts": [_contact(c) for c in reply.contacts]}
        case Dates():
            return {"dates": [day.isoformat() for day in reply.dates]}
        case Days():
            return {
                day.isoformat(): {
                    "external_movement": found.external_movement,
                    "existing_visits": [{"id": v.id, "slot": v.slot} for v in found.existing_visits],
                    "out_of_vo": found.out_of_vo,
                    "banned": found.banned,
                }
                for day, found in reply.days.items()
            }
        case Restrictions():
            return {"restrictions": [_restriction(r) for r in reply.restrictions]}
        case Slots():
            return {"slots": [_slot(offered) for offered in reply.slots]}
        case FoundVisits():
            return {"visits": [_visit(v) for v in reply.visits]}
        case Booking():
            return {"visit_id": reply.visit_id, **_order(reply)}
        case Cancelled():
            return {"message": reply.message}
        case VersionIs():
            return {"api_version": reply.api_version, "build": reply.build}
        case Healthy():
            return {"status": reply.status}
        case Refusal():
            raise AssertionError("a refusal has no body of its own")
    assert_never(reply)


def _refusal(refusal: Refusal, operation: Operation, installation: Installation) -> Canned:
    match refusal.why:
        case No.NO_OFFENDER if operation in READS:
            return Canned(404)
        case No.CANNOT_ASK:
            return Canned(
                405 if installation.find_by_ref == "405" and operation is Operation.FIND_BY_REFERENCE else 404
            )
        case No.BAD_REQUEST:
            return _bad_request(refusal.texts, installation)
        case No.DUPLICATE if installation.duplicate_status == 409:
            return as_json(409, _single(refusal), installation)
        case No.DUPLICATE:
            return as_json(400, {"errors": [{"message": text} for text in refusal.texts]}, installation)
        case No.VISIT_NOT_FOUND:
            return as_json(404, _single(refusal), installation)
        case No.NO_OFFENDER:
            status = 404
        case No.LOCKED:
            status = installation.locked_status
        case _:
            status = 400
    several = operation is Operation.BOOK and installation.error_shape == "errors"
    body = {"errors": [{"message": text} for text in refusal.texts]} if several else _single(refusal)
    return as_json(status, body, installation)


def _bad_request(texts: tuple[str, ...], installation: Installation) -> Canned:
    message = "; ".join(texts)
    if installation.failure_shape == "problem":
        problem = {"status": 400, "userMessage": message, "developerMessage": f"ORA-20001: {message}"}
        return as_json(400, problem, installation)
    return as_json(400, {"error": {"message": message}}, installation)


def _single(refusal: Refusal) -> Json:
    return {"error": {"message": refusal.texts[0]}}


def _pair(code: str, descriptions: Mapping[str, str]) -> Json:
    return {"code": code, "desc": descriptions.get(code, code)}


def _housing(housing: str) -> Json:
    return {"housing_location": {"description": housing, "levels": housing.split("-")[1:]}} if housing else {}


def _contact(contact: Contact) -> Json:
    return {
        "id": contact.id,
        "given_name": contact.given_name,
        **({"middle_names": contact.middle_names} if contact.middle_names else {}),
        "surname": contact.surname,
        **({"date_of_birth": contact.date_of_birth.isoformat()} if contact.date_of_birth else {}),
        "gender": _pair(contact.gender, {"F": "Female", "M": "Male"}) if contact.gender else {},
        "relationship_type": _pair(contact.relationship, RELATIONSHIPS),
        "contact_type": _pair(contact.contact_type, CONTACT_TYPES),
        "approved_visitor": contact.approved,
        "active": contact.active,
        "restrictions": [_restriction(r) for r in contact.restrictions],
    }


def _restriction(restriction: Restriction) -> Json:
    return {
        "type": _pair(restriction.type, RESTRICTIONS),
        "effective_date": _day(restriction.effective_date),
        **({"expiry_date": _day(restriction.expiry_date)} if restriction.expiry_date else {}),
        **({"comment_text": restriction.comment_text} if restriction.comment_text else {}),
    }


def _day(day: date) -> str:
    return day.isoformat()


def _slot(offered: Offered) -> Json:
    session = offered.session
    return {
        "time": session.slot,
        "capacity": session.capacity,
        "max_groups": session.max_groups,
        "max_adults": session.max_adults,
        "groups_booked": offered.groups_booked,
        "visitors_booked": offered.visitors_booked,
        "adults_booked": offered.adults_booked,
    }


def _visit(visit: Visit) -> Json:
    return {
        "visit_id": visit.id,
        "client_unique_ref": visit.reference,
        "slot": visit.slot,
        "visit_status": {"code": visit.status.value},
        "visitors": [{"id": visit.lead, "lead": True}, *({"id": other, "lead": False} for other in visit.others)],
    }


def _order(booking: Booking) -> Json:
    order = booking.order
    return {"visit_order": {"number": order.number, "type": _pair(order.type, ORDERS)}} if order else {}
