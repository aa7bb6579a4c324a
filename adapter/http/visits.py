"""Asking for a visit, looking at it, giving it back."""

from __future__ import annotations

import re

from adapter.booking.fingerprints import NormalForm, normal_form, raw_normal_form
from adapter.booking.views import Fingerprints, Language, RequestVisit, SameKeyOtherBody, TooMany, VisitView
from adapter.clock import london_now
from adapter.http import schemas
from adapter.http.context import Call, Context, invalid
from adapter.http.presenting import visit_reply
from adapter.http.reading import Draft, accept, read_draft
from adapter.http.validations import PRISONERS
from adapter.web.failure import Failure, not_found, too_many
from adapter.web.preferences import best_language, list_header
from booking_rules.prisons import Prison
from booking_rules.request import Problem, RawRequest, VisitRequest, check_request

REQUIRED = ("prison_id", "prisoner", "visitors", "contact_email_address", "contact_phone_no", "slot_options")
"""In the order in which the first missing one is named."""

_MAX_KEY = 255
_CHANNEL = re.compile(r"[a-z0-9_-]{1,20}")
_VISIT_IDS = "visit_id"
_NO_SUCH_PRISONER = "prisoner_details_incorrect"


async def request_visit(context: Context, call: Call) -> schemas.VisitReply:
    key = _idempotency_key(call)
    found: VisitView | SameKeyOtherBody | TooMany | None
    try:
        prison, draft, request = _checked(context, call)
    except Failure:
        # A retry must find its visit even where its request can't be made any more: across midnight, or when the
        # prison has closed since.
        found = await _find_same(context, call, key)
        if found is None:
            raise
    else:
        context.limits.check_guesses(PRISONERS, call.arrival.limited_as)
        found = await context.bookings.request_visit(
            RequestVisit(
                prison=prison,
                request=request,
                language=_language(call, draft),
                channel=_channel(call),
                fingerprints=_fingerprints(context, call, key, normal_form(prison.id, request)),
                request_id=call.arrival.request_id,
                deadline=call.deadline,
            )
        )
    if isinstance(found, TooMany):
        raise too_many(found.retry_after)
    if isinstance(found, SameKeyOtherBody):
        raise Failure(422, "Idempotency-Key reused with a different request")
    if _NO_SUCH_PRISONER in found.outcome.reasons:
        context.limits.count_wrong_guess(PRISONERS, call.arrival.limited_as)
    return visit_reply(found)


async def show_visit(context: Context, call: Call) -> schemas.VisitReply:
    _check_guesses(context, call)
    return visit_reply(_found(context, call, await context.bookings.visit(call.segment())))


async def withdraw_or_cancel_visit(context: Context, call: Call) -> schemas.VisitReply:
    _check_guesses(context, call)
    view = await context.bookings.withdraw_or_cancel(call.segment(), call.deadline, call.arrival.request_id)
    return visit_reply(_found(context, call, view))


def _checked(context: Context, call: Call) -> tuple[Prison, Draft, VisitRequest]:
    call.need_body(*REQUIRED)
    prison = call.known_prison(context.prison(call.body["prison_id"]))
    if not prison.in_use:
        raise invalid("prison_id", "takes no requests")
    draft = read_draft(call.body)

    now = london_now(context.clock)

    def check(raw: RawRequest) -> VisitRequest | tuple[Problem, ...]:
        return check_request(prison, raw, now.date(), now, context.holidays(now.date()))

    return prison, draft, accept(draft, check)


async def _find_same(context: Context, call: Call, key: str | None) -> VisitView | SameKeyOtherBody | None:
    normal = _raw_normal(context, call)
    if key is None and normal is None:
        return None  # was never valid: there is no visit of it
    return await context.bookings.find_same(_fingerprints(context, call, key, normal), call.deadline)


def _raw_normal(context: Context, call: Call) -> NormalForm | None:
    prison = context.prison(call.body.get("prison_id"))
    if prison is None or any(call.body.get(name) is None for name in REQUIRED):
        return None
    draft = read_draft(call.body)
    return None if draft.faults else raw_normal_form(prison.id, draft.raw)


def _fingerprints(context: Context, call: Call, key: str | None, normal: NormalForm | None) -> Fingerprints:
    return context.fingerprinter.of(
        caller=call.arrival.caller,
        idempotency_key=key,
        request_id=call.arrival.sent_id,
        body=call.body,
        normal=normal,
    )


def _idempotency_key(call: Call) -> str | None:
    key = call.request.headers.get("Idempotency-Key")
    if key is not None and not 1 <= len(key) <= _MAX_KEY:
        raise Failure(422, f"Invalid parameter: Idempotency-Key (must be 1 to {_MAX_KEY} characters)")
    return key


def _language(call: Call, draft: Draft) -> Language:
    asked = best_language(list_header(call.request, "Accept-Language"))
    return asked or draft.locale or "en"


def _channel(call: Call) -> str:
    channel = call.request.headers.get("X-Channel", "")
    return channel if _CHANNEL.fullmatch(channel) else "web"


def _check_guesses(context: Context, call: Call) -> None:
    context.limits.check_guesses(_VISIT_IDS, call.arrival.limited_as)


def _found(context: Context, call: Call, view: VisitView | None) -> VisitView:
    if view is None:
        context.limits.count_wrong_guess(_VISIT_IDS, call.arrival.limited_as)
        raise not_found()
    return view
