"""Requests from paths, queries and bodies. What doesn't parse is `Malformed`, and answered 400 by the state."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import BaseModel, ConfigDict, StrictBool, StrictInt, StrictStr, ValidationError

from nomis_client.fake.requests import (
    Book,
    Cancel,
    FindByReference,
    FindOffender,
    GetAvailableDates,
    GetContacts,
    GetHealth,
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


@dataclass(frozen=True, slots=True)
class Parts:
    """A request's variable parts."""

    path: Mapping[str, str]
    query: Mapping[str, str]
    body: str


class _BookBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    lead_contact: StrictInt
    other_contacts: list[StrictInt] = []
    slot: StrictStr
    override_offender_restrictions: StrictBool = False
    override_visitor_restrictions: StrictBool = False
    override_vo_balance: StrictBool = False
    override_slot_capacity: StrictBool = False
    client_unique_ref: StrictStr
    comment: StrictStr = ""


class _CancelBody(BaseModel):
    model_config = ConfigDict(extra="ignore")

    cancellation_code: StrictStr
    comment: StrictStr = ""


def _day(text: str) -> date:
    if len(text) != len("2026-01-01"):
        raise ValueError("not a date")
    return date.fromisoformat(text)


def _oid(parts: Parts) -> int:
    return int(parts.path["oid"])


def _book(parts: Parts) -> Book:
    body = _BookBody.model_validate(json.loads(parts.body))
    return Book(
        offender_id=_oid(parts),
        lead_contact=body.lead_contact,
        other_contacts=tuple(body.other_contacts),
        slot=body.slot,
        reference=body.client_unique_ref,
        overrides=frozenset(override for override in Override if getattr(body, override.value)),
        comment=body.comment,
    )


def _cancel(parts: Parts) -> Cancel:
    body = _CancelBody.model_validate(json.loads(parts.body))
    return Cancel(_oid(parts), int(parts.path["visit"]), body.cancellation_code, body.comment)


def _span(parts: Parts) -> tuple[date, date]:
    return _day(parts.query["start_date"]), _day(parts.query["end_date"])


@dataclass(frozen=True, slots=True)
class Route:
    method: str
    path: str
    operation: Operation
    parse: Callable[[Parts], Request]


_OP = Operation
ROUTES = (
    Route(
        "GET",
        "/lookup/active_offender",
        _OP.FIND_OFFENDER,
        lambda p: FindOffender(p.query["noms_id"], _day(p.query["date_of_birth"])),
    ),
    Route("GET", "/offenders/{noms}/location", _OP.LOCATION, lambda p: GetLocation(p.path["noms"])),
    Route("GET", "/offenders/{oid}/visits/contact_list", _OP.CONTACTS, lambda p: GetContacts(_oid(p))),
    Route(
        "GET",
        "/offenders/{oid}/visits/available_dates",
        _OP.AVAILABLE_DATES,
        lambda p: GetAvailableDates(_oid(p), *_span(p)),
    ),
    Route(
        "GET",
        "/offenders/{oid}/visits/unavailability",
        _OP.UNAVAILABILITY,
        lambda p: GetUnavailability(_oid(p), tuple(_day(day) for day in p.query["dates"].split(","))),
    ),
    Route("GET", "/offenders/{oid}/visits/restrictions", _OP.RESTRICTIONS, lambda p: GetRestrictions(_oid(p))),
    Route("GET", "/prison/{pri}/slots", _OP.SLOTS, lambda p: GetSlots(p.path["pri"], *_span(p))),
    Route(
        "GET",
        "/offenders/{oid}/visits",
        _OP.FIND_BY_REFERENCE,
        lambda p: FindByReference(_oid(p), p.query["client_unique_ref"]),
    ),
    Route("POST", "/offenders/{oid}/visits/booking", _OP.BOOK, _book),
    Route("PATCH", "/offenders/{oid}/visits/booking/{visit}/cancel", _OP.CANCEL, _cancel),
    Route("GET", "/health", _OP.HEALTH, lambda _: GetHealth()),
    Route("GET", "/version", _OP.VERSION, lambda _: GetVersion()),
)


def _pattern(path: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", path))


_PATTERNS = tuple((route, _pattern(route.path)) for route in ROUTES)


def find_route(method: str, path: str) -> tuple[Route, Mapping[str, str]]:
    """The route of a path below the base path, and its variable parts. Raises `LookupError`."""
    for route, pattern in _PATTERNS:
        found = pattern.fullmatch(path) if route.method == method else None
        if found is not None:
            return route, found.groupdict()
    raise LookupError("no such path")


def parsed(route: Route, parts: Parts) -> Request:
    """The request, or `Malformed` naming the member that is wrong."""
    try:
        return route.parse(parts)
    except ValidationError as wrong:
        return Malformed(route.operation, f"{_where(wrong)} is invalid")
    except KeyError as missing:
        return Malformed(route.operation, f"{missing.args[0]} is missing")
    except ValueError:
        return Malformed(route.operation, "request is invalid")


def _where(wrong: ValidationError) -> str:
    first: dict[str, Any] = dict(wrong.errors()[0])
    return ".".join(str(part) for part in first["loc"]) or "body"
