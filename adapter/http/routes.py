"""Every endpoint: the one list from which the router and the API's description are made."""

from __future__ import annotations

from typing import Any

from adapter.http import feedback, health, schemas, slots, validations, visits
from adapter.http.endpoint import Endpoint, Parameter
from adapter.http.prisons import list_prisons, show_mode, show_prison

_UUID = {"type": "string", "format": "uuid"}
_DATE = {"type": "string", "format": "date"}
_HEALTH: dict[str, Any] = {"open": True, "negotiates": False}

_PRISON_ID = Parameter("prison_id", "query", _UUID)
_PRISON_PATH = Parameter("id", "path", _UUID, "The prison's id")
_VISIT_PATH = Parameter(
    "id", "path", {"type": "string", "minLength": 1}, "A visit's UUID or human id, in any case, with or without hyphens"
)
_LANGUAGE = Parameter(
    "Accept-Language", "header", {"type": "string"}, "The best of `en` and `cy` is used", required=False
)
_KEY = Parameter(
    "Idempotency-Key",
    "header",
    {"type": "string", "minLength": 1, "maxLength": 255},
    "The same key and body within 24 hours return the same visit",
    required=False,
)
_CHANNEL = Parameter(
    "X-Channel", "header", {"type": "string"}, "Where the request was made, such as `web`", required=False
)


def _of_prisons() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "GET",
            "/api/prisons",
            list_prisons,
            "All prisons, by name",
            schemas.PrisonsReply,
            parameters=(_LANGUAGE,),
        ),
        Endpoint(
            "GET",
            "/api/prisons/{id}",
            show_prison,
            "One prison",
            schemas.PrisonReply,
            parameters=(_PRISON_PATH, _LANGUAGE),
            errors=(404,),
        ),
        Endpoint(
            "GET",
            "/api/slots",
            slots.list_slots,
            "The slots of a prison, and why some can't be booked for this prisoner",
            schemas.SlotsReply,
            parameters=(
                _PRISON_ID,
                Parameter("prisoner_number", "query", {"type": "string", "pattern": schemas.NUMBER_PATTERN}),
                Parameter("prisoner_dob", "query", _DATE),
                Parameter("start_date", "query", _DATE),
                Parameter("end_date", "query", _DATE, "Not before `start_date`; at most 28 days are answered"),
            ),
            errors=(404, 422),
        ),
        Endpoint(
            "GET",
            "/api/mode",
            show_mode,
            "Whether this prison answers at once just now",
            schemas.ModeReply,
            parameters=(_PRISON_ID,),
            errors=(404, 422),
            description="`since` is when the process that answers first saw it so; another process may have seen it at"
            " another moment, and for as long even answer another mode.",
        ),
    )


def _of_validations() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "POST",
            "/api/validations/prisoner",
            validations.validate_prisoner,
            "Whether such a prisoner exists",
            schemas.PrisonerCheckReply,
            takes=schemas.PrisonerCheckIn,
            errors=(422,),
            description="Valid when it can't be found out now: the request is checked again when it is booked.",
        ),
        Endpoint(
            "POST",
            "/api/validations/visitors",
            validations.validate_visitors,
            "Whether such a party may come",
            schemas.VisitorsCheckReply,
            takes=schemas.VisitorsCheckIn,
            errors=(422,),
        ),
    )


def _of_visits() -> tuple[Endpoint, ...]:
    return (
        Endpoint(
            "POST",
            "/api/visits",
            visits.request_visit,
            "Ask for a visit; decided in real time where it can be",
            schemas.VisitReply,
            takes=schemas.VisitIn,
            parameters=(_LANGUAGE, _KEY, _CHANNEL),
            errors=(404, 422, 503),
            description="`requested`: the answer comes by email. The same request again returns the same visit.",
        ),
        Endpoint(
            "GET",
            "/api/visits/{id}",
            visits.show_visit,
            "A visit as it stands",
            schemas.VisitReply,
            parameters=(_VISIT_PATH,),
            errors=(404, 503),
        ),
        Endpoint(
            "DELETE",
            "/api/visits/{id}",
            visits.withdraw_or_cancel_visit,
            "Cancel a booked visit, withdraw a requested one",
            schemas.VisitReply,
            parameters=(_VISIT_PATH,),
            errors=(404, 503),
            description="Any other visit stays as it is. Again changes nothing.",
        ),
        Endpoint(
            "POST",
            "/api/feedback",
            feedback.send_feedback,
            "Say something about the site",
            schemas.EmptyReply,
            takes=schemas.FeedbackIn,
            errors=(422, 503),
        ),
    )


def _of_health() -> tuple[Endpoint, ...]:
    down = {503: schemas.HealthReply}
    return (
        Endpoint(
            "GET",
            "/healthcheck",
            health.check_health,
            "Whether requests can be taken",
            schemas.OkReply,
            errors=(503,),
            **_HEALTH,
        ),
        Endpoint("GET", "/health", health.show_health, "How we are", schemas.HealthReply, also=down, **_HEALTH),
        Endpoint("GET", "/health/liveness", health.show_liveness, "Whether we run", schemas.StatusReply, **_HEALTH),
        Endpoint(
            "GET",
            "/health/readiness",
            health.show_readiness,
            "Whether requests can be taken",
            schemas.StatusReply,
            also={503: schemas.StatusReply},
            **_HEALTH,
        ),
        Endpoint("GET", "/ping", health.ping, "Whether we run", schemas.OkReply, **_HEALTH),
        Endpoint("GET", "/info", health.show_info, "What runs", schemas.InfoReply, **_HEALTH),
    )


ENDPOINTS = (*_of_prisons(), *_of_validations(), *_of_visits(), *_of_health())
