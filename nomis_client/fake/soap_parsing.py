"""Requests from the elements that the shipped schema allows. What doesn't fit is `Malformed`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from lxml import etree
from lxml.etree import _Element

from nomis_client.fake.requests import (
    Book,
    Cancel,
    FindByReference,
    FindOffender,
    GetAvailableDates,
    GetContacts,
    GetLocation,
    GetRestrictions,
    GetSlots,
    GetUnavailability,
    GetVersion,
    Malformed,
    Operation,
    Override,
    Request,
)
from nomis_client.fake.soap_envelopes import NS
from nomis_client.soap.description import wsdl

_Y = f"{{{NS}}}"


@dataclass(frozen=True, slots=True)
class SoapOperation:
    """`name` is the request's element; the reply's is `name` + `Response`."""

    name: str
    operation: Operation
    parse: Callable[[_Element], Request]


def _text(holder: _Element, path: str) -> str:
    return holder.findtext("/".join(_Y + name for name in path.split("/"))) or ""


def _number(holder: _Element, path: str) -> int:
    return int(_text(holder, path))


def _oid(holder: _Element) -> int:
    return _number(holder, "OffenderId")


def _day(holder: _Element, path: str) -> date:
    return date.fromisoformat(_text(holder, path)[:10])


def _span(holder: _Element) -> tuple[date, date]:
    return _day(holder, "StartDate"), _day(holder, "EndDate")


def _all(holder: _Element, path: str) -> list[str]:
    return [one.text or "" for one in holder.iterfind("/".join(_Y + name for name in path.split("/")))]


_OVERRIDES = {
    "OffenderRestrictions": Override.OFFENDER_RESTRICTIONS,
    "VisitorRestrictions": Override.VISITOR_RESTRICTIONS,
    "VoBalance": Override.VO_BALANCE,
    "SlotCapacity": Override.SLOT_CAPACITY,
}


def _book(holder: _Element) -> Book:
    begin, end = _text(holder, "Slot/Start").strip(), _text(holder, "Slot/End").strip()
    return Book(
        offender_id=_oid(holder),
        lead_contact=_number(holder, "LeadContactId"),
        other_contacts=tuple(int(one) for one in _all(holder, "OtherContacts/ContactId")),
        # A time with a zone, or an end on another day, makes no slot, and is answered as such.
        slot=f"{begin[:16]}/{end[11:16]}" if (len(begin), begin[:10]) == (19, end[:10]) else "",
        reference=_text(holder, "ClientUniqueRef"),
        overrides=frozenset(
            meant for name, meant in _OVERRIDES.items() if _text(holder, f"Overrides/{name}").strip() in {"true", "1"}
        ),
        comment=_text(holder, "Comment"),
    )


def _cancel(holder: _Element) -> Cancel:
    return Cancel(_oid(holder), _number(holder, "VisitId"), _text(holder, "CancellationCode"), _text(holder, "Comment"))


def _unavailability(holder: _Element) -> GetUnavailability:
    return GetUnavailability(_oid(holder), tuple(date.fromisoformat(one[:10]) for one in _all(holder, "Dates/Date")))


_OP = Operation
OPERATIONS = {
    made.name: made
    for made in (
        SoapOperation("GetVersion", _OP.VERSION, lambda _: GetVersion()),
        SoapOperation(
            "LookupActiveOffender",
            _OP.FIND_OFFENDER,
            lambda e: FindOffender(_text(e, "NomsId"), _day(e, "DateOfBirth")),
        ),
        SoapOperation("GetOffenderLocation", _OP.LOCATION, lambda e: GetLocation(_text(e, "NomsId"))),
        SoapOperation("GetContactList", _OP.CONTACTS, lambda e: GetContacts(_oid(e))),
        SoapOperation("GetAvailableDates", _OP.AVAILABLE_DATES, lambda e: GetAvailableDates(_oid(e), *_span(e))),
        SoapOperation("GetVisitUnavailability", _OP.UNAVAILABILITY, _unavailability),
        SoapOperation("GetOffenderRestrictions", _OP.RESTRICTIONS, lambda e: GetRestrictions(_oid(e))),
        SoapOperation("GetVisitSlots", _OP.SLOTS, lambda e: GetSlots(_text(e, "PrisonId"), *_span(e))),
        SoapOperation("BookVisit", _OP.BOOK, _book),
        SoapOperation(
            "FindVisitByClientRef",
            _OP.FIND_BY_REFERENCE,
            lambda e: FindByReference(_oid(e), _text(e, "ClientUniqueRef")),
        ),
        SoapOperation("CancelVisit", _OP.CANCEL, _cancel),
    )
}


@lru_cache(maxsize=1)
def schema() -> etree.XMLSchema:
    """The schema in the shipped description."""
    described = etree.fromstring(wsdl())
    found = described.find(".//{http://www.w3.org/2001/XMLSchema}schema")
    assert found is not None
    return etree.XMLSchema(found)


def parsed(made: SoapOperation, element: _Element) -> Request:
    """The request, or `Malformed`."""
    if not schema().validate(element):
        return Malformed(made.operation, "request is invalid")
    try:
        return made.parse(element)
    except ValueError:
        return Malformed(made.operation, "request is invalid")
