"""The SOAP contract's spelling: replies to elements, refusals to typed faults."""

from __future__ import annotations

from typing import assert_never

from lxml.etree import _Element

from nomis_client.fake.descriptions import ORDERS
from nomis_client.fake.entities import Contact, Restriction, Visit
from nomis_client.fake.replies import (
    Booking,
    Cancelled,
    ContactList,
    Dates,
    Day,
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
from nomis_client.fake.soap_spelling import Many, Speller, Value
from nomis_client.fake.times import Span

Members = dict[str, Value]


def members_of(reply: Reply) -> Members:
    """The children of the reply's element."""
    match reply:
        case OffenderFound():
            return {"Found": reply.offender_id is not None, "OffenderId": reply.offender_id}
        case Whereabouts():
            place: Members = {"Code": reply.code, "Desc": reply.desc}
            return {"Establishment": place, "HousingLocation": reply.housing or None}
        case ContactList():
            return {"Contacts": Many("Contact", [_contact(one) for one in reply.contacts])}
        case Dates():
            return {"Dates": Many("Date", reply.dates)}
        case Days():
            days: list[Value] = [{"Date": day, **_day(found)} for day, found in reply.days.items()]
            return {"Days": Many("Day", days)}
        case Restrictions():
            return {"Restrictions": _restrictions(reply.restrictions)}
        case Slots():
            return {"Slots": Many("Slot", [_slot(offered) for offered in reply.slots])}
        case FoundVisits():
            return {"Visits": Many("Visit", [_found(visit) for visit in reply.visits])}
        case Booking():
            return {"VisitId": reply.visit_id, "VisitOrder": _order(reply)}
        case Cancelled():
            return {"Message": reply.message}
        case VersionIs():
            return {"ApiVersion": reply.api_version, "BuildTimestamp": reply.build or None}
        case Healthy() | Refusal():
            raise AssertionError("nothing that SOAP answers with")
    assert_never(reply)


CODES = {
    No.NO_OFFENDER: "OFFENDER_NOT_FOUND",
    No.IN_TRANSIT: "OFFENDER_IN_TRANSIT",
    No.LOCKED: "RESOURCE_LOCKED",
    No.DUPLICATE: "DUPLICATE_POST",
    No.REFUSED: "BOOKING_REJECTED",
    No.CLOSED: "CLOSED_VISITS",
    No.ALREADY_CANCELLED: "ALREADY_CANCELLED",
    No.COMPLETED: "VISIT_COMPLETED",
    No.VISIT_NOT_FOUND: "VISIT_NOT_FOUND",
    No.INVALID_CODE: "INVALID_CANCELLATION_CODE",
    No.BAD_REQUEST: "VALIDATION",
}


def detail_of(refusal: Refusal, speller: Speller) -> _Element:
    """The `NomisFault` that says why not."""
    rejected = refusal.why is No.REFUSED
    words = "Booking rejected" if rejected else "; ".join(refusal.texts)
    errors = Many("Error", refusal.texts if rejected else ())
    return nomis_fault(CODES[refusal.why], words, speller, errors, retryable=refusal.why is No.LOCKED)


def nomis_fault(
    code: str, words: str, speller: Speller, errors: Many | None = None, *, retryable: bool = False
) -> _Element:
    oracle = "ORA-20001" if code == "INTERNAL" else None
    return speller.element(
        "NomisFault",
        {"Code": code, "Message": words, "OracleCode": oracle, "Retryable": retryable, "Errors": errors},
    )


def _contact(one: Contact) -> Members:
    gender: Members = {"Code": one.gender, "Desc": {"F": "Female", "M": "Male"}.get(one.gender)}
    return {
        "PersonId": one.id,
        "GivenName": one.given_name,
        "MiddleNames": one.middle_names or None,
        "Surname": one.surname,
        "DateOfBirth": one.date_of_birth,
        "Gender": gender if one.gender else None,
        "RelationshipType": one.relationship,
        "ContactType": one.contact_type,
        "ApprovedVisitor": one.approved,
        "Active": one.active,
        "Restrictions": _restrictions(one.restrictions),
    }


def _restrictions(restrictions: tuple[Restriction, ...]) -> Many:
    return Many(
        "Restriction",
        [
            {
                "Type": one.type,
                "EffectiveDate": one.effective_date,
                "ExpiryDate": one.expiry_date,
                "CommentText": one.comment_text or None,
            }
            for one in restrictions
        ],
    )


def _day(found: Day) -> Members:
    visits: list[Value] = [{"VisitId": visit.id, "Slot": _span(visit.span)} for visit in found.existing_visits]
    return {
        "ExternalMovement": found.external_movement,
        "OutOfVo": found.out_of_vo,
        "Banned": found.banned,
        "ExistingVisits": Many("Visit", visits),
    }


def _span(span: Span) -> Members:
    return {"Start": span[0], "End": span[1]}


def _slot(offered: Offered) -> Members:
    session = offered.session
    return {
        **_span(session.span),
        "Capacity": session.capacity,
        "MaxGroups": session.max_groups,
        "MaxAdults": session.max_adults,
        "GroupsBooked": offered.groups_booked,
        "VisitorsBooked": offered.visitors_booked,
        "AdultsBooked": offered.adults_booked,
    }


def _found(visit: Visit) -> Members:
    party = ((visit.lead, True), *((one, False) for one in visit.others))
    return {
        "VisitId": visit.id,
        "ClientUniqueRef": visit.reference,
        "Slot": _span(visit.span),
        "VisitStatus": visit.status.value,
        "Visitors": Many("Visitor", [{"PersonId": one, "Lead": lead} for one, lead in party]),
    }


def _order(booking: Booking) -> Members | None:
    order = booking.order
    return {"Number": order.number, "Type": {"Code": order.type, "Desc": ORDERS.get(order.type)}} if order else None
