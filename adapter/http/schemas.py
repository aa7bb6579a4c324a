"""Every JSON shape of the API, in and out: handlers read and write them, the OpenAPI description is made of them."""

from __future__ import annotations

from typing import Annotated, Literal, NotRequired

from pydantic import BaseModel, ConfigDict, Field, with_config
from typing_extensions import TypedDict

from adapter.booking.views import ChoiceWord, DecisionWord, Language, ProcessingState

SLOT_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}/[0-9]{2}:[0-9]{2}$"
NUMBER_PATTERN = r"^\s*[A-Za-z][0-9]{4}[A-Za-z]{2}\s*$"

_Uuid = Annotated[str, Field(json_schema_extra={"format": "uuid"})]
_Date = Annotated[str, Field(json_schema_extra={"format": "date"})]
_DateTime = Annotated[str, Field(json_schema_extra={"format": "date-time"})]
_SlotText = Annotated[
    str,
    Field(
        json_schema_extra={"pattern": SLOT_PATTERN, "examples": ["2026-12-14T14:15/16:15"]},
        description="Wall time in Europe/London",
    ),
]
_ChoiceText = Annotated[
    str,
    Field(
        json_schema_extra={"pattern": f"^({SLOT_PATTERN[1:-1]})?$", "examples": ["2026-12-14T14:15/16:15"]},
        description="Wall time in Europe/London; empty or null for no second or third choice",
    ),
]
_Closed = with_config(ConfigDict(extra="forbid"))  # the frontend's client breaks on a key it doesn't know


# -- in -----------------------------------------------------------------------------------------------------------
# Types are checked here; what a value must be is the booking rules' business, and only described here.


class _In(BaseModel):
    model_config = ConfigDict(strict=True, extra="ignore", frozen=True)


_Name = Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 30})]


class PersonIn(_In):
    """A visitor."""

    first_name: _Name
    last_name: _Name
    date_of_birth: _Date


class PrisonerIn(PersonIn):
    """The prisoner."""

    number: Annotated[str, Field(json_schema_extra={"pattern": NUMBER_PATTERN, "examples": ["A1234BC"]})]


class VisitIn(_In):
    """A request for a visit. The first visitor is the lead visitor; slots are in order of preference."""

    prison_id: _Uuid
    prisoner: PrisonerIn
    visitors: Annotated[list[PersonIn], Field(json_schema_extra={"minItems": 1, "maxItems": 6})]
    slot_options: Annotated[list[_ChoiceText | None], Field(json_schema_extra={"minItems": 1, "maxItems": 3})]
    contact_email_address: Annotated[str, Field(json_schema_extra={"format": "email"})]
    contact_phone_no: str
    locale: Language | None = None


class PrisonerCheckIn(_In):
    number: str
    date_of_birth: _Date


class VisitorsCheckIn(_In):
    """`dates_of_birth` are those of all visitors, the lead visitor's first."""

    prison_id: _Uuid
    lead_date_of_birth: _Date
    dates_of_birth: list[_Date]


class FeedbackTextIn(_In):
    """Empty strings count as absent."""

    body: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": 10_000})]
    prisoner_number: str | None = None
    prisoner_date_of_birth: str | None = None
    prison_id: str | None = None
    email_address: str | None = None
    referrer: str | None = None
    user_agent: str | None = None


class FeedbackIn(_In):
    feedback: FeedbackTextIn


# -- out: the frontend's contract ---------------------------------------------------------------------------------


@_Closed
class PrisonSummary(TypedDict):
    id: _Uuid
    name: str
    closed: bool
    private: bool
    prison_url: Annotated[str, Field(json_schema_extra={"format": "uri"})]


@_Closed
class PrisonsReply(TypedDict):
    prisons: list[PrisonSummary]


@_Closed
class PrisonOut(TypedDict):
    id: _Uuid
    name: str
    address: str | None
    postcode: str
    email_address: str
    phone_no: str
    prison_finder_url: str
    max_visitors: int
    adult_age: int
    closed: bool
    private: bool
    enabled: bool


@_Closed
class PrisonReply(TypedDict):
    prison: PrisonOut


@_Closed
class ValidOut(TypedDict):
    valid: Literal[True]


@_Closed
class PrisonerInvalidOut(TypedDict):
    valid: Literal[False]
    errors: list[Literal["prisoner_does_not_exist"]]


@_Closed
class PrisonerCheckReply(TypedDict):
    validation: ValidOut | PrisonerInvalidOut


VisitorsError = Literal["lead_visitor_age", "too_many_visitors", "too_many_adults"]


@_Closed
class VisitorsInvalidOut(TypedDict):
    valid: Literal[False]
    errors: list[VisitorsError]


@_Closed
class VisitorsCheckReply(TypedDict):
    validation: ValidOut | VisitorsInvalidOut


SlotProblem = Literal["prisoner_unavailable", "prison_unavailable"]


@_Closed
class SlotsReply(TypedDict):
    slots: Annotated[
        dict[str, list[SlotProblem]],
        Field(description="By slot, chronological: why it can't be booked; empty means bookable"),
    ]


@_Closed
class VisitorOut(TypedDict):
    anonymized_name: str
    allowed: bool


@_Closed
class MessageOut(TypedDict):
    body: str


@_Closed
class VisitOut(TypedDict):
    id: _Uuid
    human_id: Annotated[str, Field(json_schema_extra={"pattern": "^[0-9A-HJKMNP-TV-Z]{8}$"})]
    prison_id: _Uuid
    processing_state: ProcessingState
    confirm_by: _Date
    contact_email_address: str
    slots: list[_SlotText]
    slot_granted: _SlotText | None
    cancellation_reasons: list[str] | None
    cancelled_at: _DateTime | None
    can_cancel: bool
    can_withdraw: bool
    created_at: _DateTime
    updated_at: _DateTime
    visitors: list[VisitorOut]
    messages: list[MessageOut]


@_Closed
class ChoiceOut(TypedDict):
    slot: _SlotText
    result: ChoiceWord


@_Closed
class OutcomeOut(TypedDict):
    decision: DecisionWord
    reasons: list[str]
    choices: list[ChoiceOut]
    mode: Literal["real_time", "mailbox"]
    answer_by: _Date


@_Closed
class VisitReply(TypedDict):
    visit: VisitOut
    outcome: OutcomeOut


@_Closed
class EmptyReply(TypedDict):
    pass


# -- out: what we add ---------------------------------------------------------------------------------------------


@_Closed
class ModeOut(TypedDict):
    prison_id: _Uuid
    mode: Literal["real_time", "degraded", "mailbox"]
    answer_by: _Date
    since: _DateTime


@_Closed
class ModeReply(TypedDict):
    mode: ModeOut


@_Closed
class OkReply(TypedDict):
    ok: bool


class StatusReply(TypedDict):
    """`message` is there when the status is DOWN."""

    status: Literal["UP", "DOWN"]
    message: NotRequired[str]


class HealthReply(StatusReply):
    components: dict[str, dict[str, object]]


@_Closed
class InfoReply(TypedDict):
    version: str
    git_revision: str


class FaultOut(TypedDict):
    pointer: Annotated[str, Field(description="JSON Pointer (RFC 6901) to what is wrong")]
    detail: str


class Problem(TypedDict):
    """An error. `message` is the frontend's; the others are RFC 9457's. No value that was sent is repeated."""

    message: str
    type: str
    title: str
    status: int
    detail: str
    instance: Annotated[str, Field(description="The request id")]


class Invalid(Problem):
    """An error in what was sent, with everything that is wrong."""

    errors: list[FaultOut]
