"""The service's elements to our types, and our arguments to its elements. Its spelling ends here.

Each reader takes the children of a reply's element, and may raise `Malformed`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from nomis_client.soap.codec import Arguments
from nomis_client.soap.elements import (
    Members,
    carried,
    code_of,
    code_or,
    count_of,
    day_from,
    day_of,
    day_or_none,
    flag_of,
    id_of,
    listed,
    members,
    members_in,
    slot_of,
    text,
    text_of,
    text_or,
)
from nomis_client.types import (
    Booked,
    BookingOrder,
    CancelAnswer,
    CancellationCode,
    Contact,
    DayAvailability,
    ExistingVisit,
    FoundVisit,
    FoundVisitor,
    Location,
    Restriction,
    Version,
    VisitOrder,
    VisitSlot,
)
from nomis_client.values import Malformed


def version(reply: Members) -> Version:
    return Version(text_of(reply, "ApiVersion"), text_or(reply, "BuildTimestamp"))


def offender(reply: Members) -> int | None:
    return id_of(reply, "OffenderId") if flag_of(reply, "Found") else None


def location(reply: Members) -> Location:
    return Location(code_of(reply, "Establishment").upper(), text_or(reply, "HousingLocation"))


def contacts(reply: Members) -> tuple[Contact, ...]:
    return tuple([_contact(members(one)) for one in listed(reply, "Contacts", "Contact")])


def _contact(one: Members) -> Contact:
    return Contact(
        id_of(one, "PersonId"),
        text_or(one, "GivenName"),
        text_or(one, "MiddleNames"),
        text_or(one, "Surname"),
        day_or_none(one, "DateOfBirth"),
        code_of(one, "ContactType"),
        code_or(one, "RelationshipType"),
        flag_of(one, "ApprovedVisitor"),
        flag_of(one, "Active"),
        restrictions(one),
    )


def restrictions(holder: Members) -> tuple[Restriction, ...]:
    """Those of a contact or, as the whole reply, of the prisoner."""
    return tuple(_restriction(members(one)) for one in listed(holder, "Restrictions", "Restriction"))


def _restriction(one: Members) -> Restriction:
    return Restriction(code_of(one, "Type"), day_of(one, "EffectiveDate"), day_or_none(one, "ExpiryDate"))


def available_dates(reply: Members) -> frozenset[date]:
    return frozenset(day_from(text(one)) for one in listed(reply, "Dates", "Date"))


def unavailability(reply: Members) -> Mapping[date, DayAvailability]:
    days: dict[date, DayAvailability] = {}
    for element in listed(reply, "Days", "Day"):
        one = members(element)
        day = day_of(one, "Date")
        if day in days:
            raise Malformed("duplicate_day")
        days[day] = DayAvailability(
            external_movement=flag_of(one, "ExternalMovement"),
            out_of_vo=flag_of(one, "OutOfVo"),
            banned=flag_of(one, "Banned"),
            existing_visits=tuple(_existing(members(visit)) for visit in listed(one, "ExistingVisits", "Visit")),
        )
    return days


def _existing(one: Members) -> ExistingVisit:
    return ExistingVisit(id_of(one, "VisitId"), slot_of(members_in(one, "Slot")))


def slots(reply: Members) -> tuple[VisitSlot, ...]:
    return tuple([_slot(members(one)) for one in listed(reply, "Slots", "Slot")])


def _slot(one: Members) -> VisitSlot:
    return VisitSlot(
        slot_of(one),
        count_of(one, "Capacity"),
        count_of(one, "MaxGroups"),
        count_of(one, "MaxAdults"),
        count_of(one, "GroupsBooked"),
        count_of(one, "VisitorsBooked"),
        count_of(one, "AdultsBooked"),
    )


def found_visits(reply: Members) -> tuple[FoundVisit, ...]:
    return tuple(_found(members(one)) for one in listed(reply, "Visits", "Visit"))


def _found(one: Members) -> FoundVisit:
    return FoundVisit(
        visit_id=id_of(one, "VisitId"),
        reference=text_of(one, "ClientUniqueRef"),
        slot=slot_of(members_in(one, "Slot")),
        status=code_of(one, "VisitStatus"),
        visitors=tuple(_visitor(members(visitor)) for visitor in listed(one, "Visitors", "Visitor")),
    )


def _visitor(one: Members) -> FoundVisitor:
    return FoundVisitor(id_of(one, "PersonId"), flag_of(one, "Lead"))


def booked(reply: Members) -> Booked:
    return Booked(id_of(reply, "VisitId"), _visit_order(reply))


def _visit_order(reply: Members) -> VisitOrder | None:
    """Which order paid is for information only: an odd one doesn't undo the booking."""
    try:
        order = members_in(reply, "VisitOrder")
        return VisitOrder(id_of(order, "Number"), code_of(order, "Type"))
    except Malformed:
        return None


def cancelled(reply: Members) -> CancelAnswer:
    if text_of(reply, "Message").strip() != "Visit Cancelled":
        raise Malformed("not_an_answer")
    return CancelAnswer.CANCELLED


def of_number(noms_id: str) -> Arguments:
    return {"NomsId": carried(noms_id)}


def of_prison(prison: str, start: date, end: date) -> Arguments:
    return {"PrisonId": carried(prison), "StartDate": start, "EndDate": end}


def of_dates(offender_id: int, dates: Sequence[date]) -> Arguments:
    return {"OffenderId": offender_id, "Dates": {"Date": list(dates)}}


def of_booking(order: BookingOrder) -> Arguments:
    """The same arguments for the same order, always: a repeat must be the same request."""
    begin, _, end = order.slot.partition("/")
    arguments: Arguments = {"OffenderId": order.offender_id, "LeadContactId": order.lead_contact}
    if order.other_contacts:
        arguments["OtherContacts"] = {"ContactId": list(order.other_contacts)}
    arguments["Slot"] = {
        "Start": datetime.fromisoformat(begin),
        "End": datetime.fromisoformat(f"{begin[:10]}T{end}"),
    }
    arguments["ClientUniqueRef"] = carried(order.reference)
    if comment := carried(order.comment):
        arguments["Comment"] = comment
    return arguments


def of_cancelling(offender_id: int, visit_id: int, code: CancellationCode) -> Arguments:
    return {"OffenderId": offender_id, "VisitId": visit_id, "CancellationCode": code.value}
