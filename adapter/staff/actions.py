"""What staff send: every action is a POST, guarded by what the page that it comes from knew."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from aiohttp import web

from adapter.booking.staffing_views import (
    BookedByHand,
    Done,
    Member,
    NotDone,
    Order,
    Rejection,
    Result,
    UnderWay,
    Why,
)
from adapter.log import events, get_logger
from adapter.staff.context import Opened, Trouble, TurnedAway, opened, show
from adapter.staff.forms import Entered, read_form
from adapter.staff.render import plain
from adapter.staff.sign_in import checked_name, new_member
from adapter.staff.tokens import BadToken, Form, digest
from adapter.staff.words import REJECTIONS
from adapter.web.failure import not_found
from booking_rules.reasons import STAFF_CANCELLATION_REASONS

_log = get_logger()
_OUTCOMES = MappingProxyType({Done: "done", UnderWay: "under_way", NotDone: "refused"})
_FROM_US = ("same-origin", "none")


async def act(request: web.Request) -> web.Response:
    """Carry out one action, or say why it wasn't; the page again in both cases."""
    action = request.match_info["action"]
    if action not in _ACTIONS:
        raise not_found()
    here = await opened(request)
    entered = await read_form(request)
    form = _form(request, here, entered)
    member = _member(here, entered, action)
    if member is None:
        return await _again(here, Trouble(action, entered), 422)
    result = await _ACTIONS[action](here, Order(here.request.id, form.version, member), entered)
    if entered.errors:
        return await _again(here, Trouble(action, entered), 422)
    assert result is not None, "what has no errors was carried out, or refused"
    _log.info(events.STAFF_ACTED, visit=here.request.id, action=action, outcome=_OUTCOMES[type(result)])
    if isinstance(result, NotDone):
        return await _refused(request, here, Trouble(action, entered, result), member)
    answer = web.Response(status=303, headers={"Location": f"{here.path}?done={_said(action, result)}"})
    here.context.sign_in.remember(answer, member)
    return answer


def _form(request: web.Request, here: Opened, entered: Entered) -> Form:
    """The form's own mark. Raises `TurnedAway` for a form that isn't from this page and this person, or too old."""
    try:
        form = here.context.signer.read_form(entered.one("form"))
    except BadToken:
        raise TurnedAway(_unusable(here)) from None
    from_here = (form.visit_id, form.page) == (here.request.id, digest(here.token))
    site = request.headers.get("Sec-Fetch-Site", "none")
    if not from_here or form.session not in ("", here.session) or site not in _FROM_US:
        raise TurnedAway(_unusable(here))
    return form


def _unusable(here: Opened) -> web.Response:
    lines = ("It may have been open for too long. Nothing was done.",)
    return plain("This form can’t be used any more", lines, 403, (here.path, "Open the page again"))


def _member(here: Opened, entered: Entered, action: str) -> Member | None:
    """Who is answering. Forms ask for the name of somebody whom we don't know yet."""
    if here.member is not None:
        return here.member
    if not here.context.sign_in.asks_name:
        raise TurnedAway(_unusable(here))
    name = checked_name(entered.one("name"))
    if name is None:
        entered.wrong(f"{action}-name", "Enter your name")
        return None
    return new_member(name)


async def _again(here: Opened, trouble: Trouble, status: int) -> web.Response:
    now = await here.context.desk.prison_answer(here.request, ask=False, by=here.member)
    return show(here, now, trouble, status=status)


async def _refused(request: web.Request, here: Opened, trouble: Trouble, member: Member) -> web.Response:
    """Nothing was done: somebody was faster, or something has to be put right first."""
    assert trouble.refused is not None
    match trouble.refused.why:
        case Why.CHANGED:
            lines = (
                "Somebody answered it, or the visitor withdrew it, after you opened this page.",
                "Nothing of what you sent was done.",
            )
            return plain("This request has changed", lines, 409, (here.path, "See how it stands now"))
        case Why.TAKEN:
            lines = (
                f"{trouble.refused.by} is working on this request. Nothing of what you sent was done.",
                "Please leave it to them, or ask them.",
            )
            return plain("A colleague has this request", lines, 409, (here.path, "See how it stands now"))
        case _:
            current = await opened(request)  # what was tried may have left its mark on the visit
            current = Opened(current.context, current.token, current.request, member)
            answer = await _again(current, trouble, 409)
            current.context.sign_in.remember(answer, member)
            return answer


def _said(action: str, result: Result) -> str:
    return action if isinstance(result, Done) else "under-way"


async def _start(here: Opened, order: Order, _entered: Entered) -> Result:
    return await here.context.desk.start(order)


async def _release(here: Opened, order: Order, _entered: Entered) -> Result:
    return await here.context.desk.release(order)


async def _message(here: Opened, order: Order, entered: Entered) -> Result | None:
    message = entered.message("message-text", needed=True)
    return None if entered.errors else await here.context.desk.write(order, message)


async def _book(here: Opened, order: Order, entered: Entered) -> Result | None:
    wanted = here.request.open
    slot = entered.slot("book-slot", wanted.bookable if wanted else ())
    message = entered.message("book-message")
    if wanted is None:
        return NotDone(Why.CHANGED)
    return None if entered.errors else await here.context.desk.book(order, slot, message)


async def _booked(here: Opened, order: Order, entered: Entered) -> Result | None:
    wanted = here.request.open
    if wanted is None:
        return NotDone(Why.CHANGED)
    numbers = [str(number) for number in range(2, len(wanted.visitors) + 1)]
    refused = entered.many("not-allowed")
    booked = BookedByHand(
        slot=entered.slot("booked-slot", wanted.timetable),
        nomis_visit_id=entered.visit_number("booked-number"),
        visit_order=_visit_order(entered),
        message=entered.message("booked-message"),
        not_allowed=tuple(int(number) for number in numbers if number in refused),
        looked=entered.one("looked"),
    )
    return None if entered.errors else await here.context.desk.booked_by_hand(order, booked)


def _visit_order(entered: Entered) -> str:
    text = entered.one("booked-order")
    if text and (len(text) > 20 or not text.isascii() or not text.replace("-", "").isalnum()):
        entered.wrong("booked-order", "Enter the visit order’s number, letters and digits only")
    return text


async def _reject(here: Opened, order: Order, entered: Entered) -> Result | None:
    rejection = Rejection(
        reasons=entered.some_of("reasons", tuple(REJECTIONS), "Choose at least one reason"),
        allowance_renews_on=entered.coming_date("renews", here.context.desk.today()),
        message=entered.message("reject-message"),
        looked=entered.one("looked"),
    )
    if set(rejection.reasons) & {"other", "visitor_other_reason"} and not rejection.message:
        entered.wrong("reject-message", "Enter a message: the reason you chose says nothing to the visitor")
    return None if entered.errors else await here.context.desk.reject(order, rejection)


async def _cancel(here: Opened, order: Order, entered: Entered) -> Result | None:
    reasons = tuple(reason.value for reason in STAFF_CANCELLATION_REASONS)
    reason = entered.one_of("cancel-reason", reasons, "Choose why the visit is cancelled")
    message = entered.message("cancel-message")
    return None if entered.errors else await here.context.desk.cancel(order, reason, message)


async def _take_out(here: Opened, order: Order, entered: Entered) -> Result | None:
    slot = entered.slot("take-out-slot", here.request.choices)
    number = entered.visit_number("take-out-number", needed=True)
    if entered.errors or number is None:
        return None
    return await here.context.desk.take_out(order, slot, number)


_ACTIONS: Mapping[str, Callable[[Opened, Order, Entered], Awaitable[Result | None]]] = MappingProxyType(
    {
        "start": _start,
        "release": _release,
        "book": _book,
        "booked": _booked,
        "reject": _reject,
        "message": _message,
        "cancel": _cancel,
        "take-out": _take_out,
    }
)
