"""From the JSON of a visit request to a request that has been checked, or everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from adapter.booking.views import Language
from adapter.http.schemas import PersonIn, VisitIn
from adapter.web.failure import Failure, Fault
from booking_rules.request import (
    NO_SLOT_OPTIONS,
    Part,
    Problem,
    RawPerson,
    RawPrisoner,
    RawRequest,
    VisitRequest,
)

_MAX_FAULTS = 20
"""As many as an answer lists: who sends thousands of wrong values gets no answer of megabytes."""

_ORDER: dict[str, int] = {part: place for place, part in enumerate((*get_args(Part), "locale"))}
_PERSON = {"first_name": "", "last_name": "", "date_of_birth": ""}
_BLANK: Mapping[str, object] = {
    "prisoner": {**_PERSON, "number": ""},
    "visitors": [],
    "slot_options": [],
    "contact_email_address": "",
    "contact_phone_no": "",
    "locale": None,
}
_KINDS = {
    "missing": "is missing",
    "string_type": "must be a string",
    "list_type": "must be a list",
    "model_type": "must be an object",
    "model_attributes_type": "must be an object",
    "literal_error": "is none of those allowed",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A visit request as far as its types go. Parts of the wrong type are blank in `raw`, and in `faults`."""

    raw: RawRequest
    locale: Language | None
    faults: tuple[tuple[str, Fault], ...]  # with the part each belongs to


def read_draft(body: Mapping[str, object]) -> Draft:
    """The request in `body`, none of whose required keys is missing; never raises."""
    body = {**body, "visitors": _begin(body["visitors"]), "slot_options": _begin(body["slot_options"])}
    faults: tuple[tuple[str, Fault], ...] = ()
    try:
        sent = VisitIn.model_validate(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        faults = tuple(dict.fromkeys(_fault(one) for one in found))  # a choice fails each type it could have
        sent = VisitIn.model_validate({**body, **{part: _BLANK[part] for part, _ in faults}})
    return Draft(_raw(sent), sent.locale, faults)


def _begin(value: object) -> object:
    """So much of a list as can be wrong in a way that is told; a longer one is too long, whatever is in it."""
    return value[:_MAX_FAULTS] if isinstance(value, list) else value


def accept(draft: Draft, check: Callable[[RawRequest], VisitRequest | tuple[Problem, ...]]) -> VisitRequest:
    """The checked request. Raises the 422 with everything wrong, in the contract's order."""
    checked = check(draft.raw)
    problems = checked if isinstance(checked, tuple) else ()
    broken = {part for part, _ in draft.faults}
    faults = [*draft.faults, *((one.part, _of_rules(one)) for one in problems if one.part not in broken)]
    if not faults:
        assert isinstance(checked, VisitRequest)
        return checked
    faults.sort(key=lambda found: _ORDER[found[0]])
    listed = tuple(fault for _, fault in faults[:_MAX_FAULTS])
    raise Failure(422, f"Invalid parameter: {listed[0].detail}", listed)


def _raw(sent: VisitIn) -> RawRequest:
    prisoner = sent.prisoner
    return RawRequest(
        prisoner=RawPrisoner(prisoner.first_name, prisoner.last_name, prisoner.date_of_birth, prisoner.number),
        visitors=tuple(_raw_person(visitor) for visitor in sent.visitors),
        slot_options=tuple(sent.slot_options),
        contact_email_address=sent.contact_email_address,
        contact_phone_no=sent.contact_phone_no,
    )


def _raw_person(person: PersonIn) -> RawPerson:
    return RawPerson(person.first_name, person.last_name, person.date_of_birth)


def _of_rules(problem: Problem) -> Fault:
    return Fault(problem.pointer, problem.detail)


def _fault(error: ErrorDetails) -> tuple[str, Fault]:
    """A pydantic error as the part it lies in and our fault. Of its location only keys that we know are repeated."""
    part, *inside = error["loc"]
    assert isinstance(part, str)
    kind = _KINDS.get(error["type"], "is not well formed")
    if part == "slot_options":
        return part, _choice_fault(inside)
    if not inside:
        # An address or a phone number is named alone; the parts that hold others say what is wrong in brackets.
        return part, Fault(f"/{part}", f"{part} ({kind})")
    pointer = "/".join(("", part, *map(str, inside)))
    if isinstance(inside[0], int):
        what = " ".join((f"visitor {inside[0] + 1}:", *map(str, inside[1:]), kind))
    else:
        what = f"{inside[0]} {kind}"
    return part, Fault(pointer, f"{part} ({what})")


def _choice_fault(inside: list[Any]) -> Fault:
    if not inside:
        return Fault("/slot_options", NO_SLOT_OPTIONS)
    return Fault(f"/slot_options/{inside[0]}", f"slot_options (choice {inside[0] + 1} is not a slot)")
