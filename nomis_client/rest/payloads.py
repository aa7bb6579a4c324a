"""The prison system's JSON to our types and back. Its spelling ends here; each reader may raise `Malformed`.

Hand-written rather than models: no slower on a contact list, and stricter: a member that comes twice, NaN or half a
surrogate pair is refused too (docs/decisions/0005-resilience.md).
Members that the contract marks as optional may be left out; all others must be there and of their type.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date

from nomis_client.rest.decoding import (
    Object,
    code_of,
    code_or,
    count_of,
    day_of,
    day_or_none,
    flag_of,
    id_of,
    members_of,
    object_of,
    objects_of,
    text_of,
    text_or,
)
from nomis_client.slot_times import slot_time
from nomis_client.types import (
    Booked,
    BookingOrder,
    CancellationCode,
    Contact,
    DayAvailability,
    ExistingVisit,
    FoundVisit,
    FoundVisitor,
    Location,
    Restriction,
    SlotTime,
    Version,
    VisitOrder,
    VisitSlot,
)
from nomis_client.values import Malformed, day


def offender(reply: Object) -> int | None:
    if not flag_of(reply, "found"):
        return None
    return id_of(object_of(reply, "offender"), "id")


def location(reply: Object) -> Location:
    prison = code_of(reply, "establishment")
    housing = reply.get("housing_location")
    if housing is not None and type(housing) is not dict:
        raise Malformed("housing_location_is_no_object")
    return Location(prison.upper(), text_or(housing, "description") if housing else "")


def contacts(reply: Object) -> tuple[Contact, ...]:
    return tuple([_contact(one) for one in objects_of(reply, "contacts")])


def _contact(one: Object) -> Contact:
    return Contact(
        id_of(one, "id"),
        text_of(one, "given_name"),
        text_or(one, "middle_names"),
        text_of(one, "surname"),
        day_or_none(one, "date_of_birth"),
        code_of(one, "contact_type"),
        code_or(one, "relationship_type"),
        flag_of(one, "approved_visitor"),
        flag_of(one, "active"),
        restrictions(one),
    )


def restrictions(holder: Object) -> tuple[Restriction, ...]:
    """Those of a contact or, as the whole reply, of the prisoner."""
    listed = objects_of(holder, "restrictions")
    if not listed:
        return ()
    return tuple(
        Restriction(code_of(one, "type"), day_of(one, "effective_date"), day_or_none(one, "expiry_date"))
        for one in listed
    )


def available_dates(reply: Object) -> frozenset[date]:
    listed = reply.get("dates")
    if type(listed) is not list or any(type(one) is not str for one in listed):
        raise Malformed("dates_is_no_list")
    return frozenset(day(one) for one in listed)


def unavailability(reply: Object) -> Mapping[date, DayAvailability]:
    return {
        day(spelled): DayAvailability(
            external_movement=flag_of(one, "external_movement"),
            out_of_vo=flag_of(one, "out_of_vo"),
            banned=flag_of(one, "banned"),
            existing_visits=tuple(
                ExistingVisit(id_of(visit, "id"), _slot_of(visit, "slot"))
                for visit in objects_of(one, "existing_visits")
            ),
        )
        for spelled, one in members_of(reply).items()
    }


def slots(reply: Object) -> tuple[VisitSlot, ...]:
    return tuple([_slot(one) for one in objects_of(reply, "slots")])


def _slot(one: Object) -> VisitSlot:
    return VisitSlot(
        _slot_of(one, "time"),
        count_of(one, "capacity"),
        count_of(one, "max_groups"),
        count_of(one, "max_adults"),
        count_of(one, "groups_booked"),
        count_of(one, "visitors_booked"),
        count_of(one, "adults_booked"),
    )


def found_visits(reply: Object) -> tuple[FoundVisit, ...]:
    return tuple(
        FoundVisit(
            visit_id=id_of(one, "visit_id"),
            reference=text_of(one, "client_unique_ref"),
            slot=_slot_of(one, "slot"),
            status=code_of(one, "visit_status"),
            visitors=tuple(
                FoundVisitor(id_of(visitor, "id"), flag_of(visitor, "lead")) for visitor in objects_of(one, "visitors")
            ),
        )
        for one in objects_of(reply, "visits")
    )


def booked(reply: Object) -> Booked:
    visit_id = id_of(reply, "visit_id")
    return Booked(visit_id, _visit_order(reply))


def _visit_order(reply: Object) -> VisitOrder | None:
    """Which order paid is for information only: an odd one doesn't undo the booking."""
    try:
        order = object_of(reply, "visit_order")
        return VisitOrder(id_of(order, "number"), code_of(order, "type"))
    except Malformed:
        return None


def version(reply: Object) -> Version:
    """Not described by the contract beyond being there: whatever of it is text under the likely names."""
    return Version(
        next((text for name in ("api_version", "api-version", "version") if (text := _text(reply, name))), ""),
        next((text for name in ("build_timestamp", "build-timestamp", "build") if (text := _text(reply, name))), ""),
    )


def _text(reply: Object, name: str) -> str:
    value = reply.get(name)
    return value if isinstance(value, str) else ""


def _slot_of(members: Object, name: str) -> SlotTime:
    try:
        return slot_time(text_of(members, name))
    except ValueError:
        raise Malformed(f"{name}_is_no_slot") from None


def booking_body(order: BookingOrder) -> bytes:
    """The same bytes for the same order, always: a repeat must be the same request."""
    body: dict[str, object] = {
        "lead_contact": order.lead_contact,
        "other_contacts": list(order.other_contacts),
        "slot": order.slot,
        "override_offender_restrictions": False,
        "override_visitor_restrictions": False,
        "override_vo_balance": False,
        "override_slot_capacity": False,
        "client_unique_ref": order.reference,
    }
    if order.comment:
        body["comment"] = order.comment
    return json.dumps(body, separators=(",", ":")).encode("ascii")


def cancellation_body(code: CancellationCode) -> bytes:
    return json.dumps({"cancellation_code": code.value}, separators=(",", ":")).encode("ascii")
