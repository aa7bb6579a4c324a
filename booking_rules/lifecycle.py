"""The life of a visit and of its booking attempts, as data. What isn't in these tables doesn't happen."""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class Step(StrEnum):
    """Where a visit is. The public state of each is in `PUBLIC_STATE`."""

    RECEIVED = "received"  # stored, nothing asked yet
    CHECKING = "checking"  # facts are being fetched and judged
    WAITING = "waiting"  # the prison system can't be asked now and nothing is open
    BOOKING = "booking"  # a reference is committed; its POST is about to be, or being, made
    IN_DOUBT = "in_doubt"  # a booking was posted and we don't know whether it booked
    WITH_STAFF = "with_staff"  # the prison's mailbox has it
    BOOKED = "booked"  # scheduled in the prison system
    REJECTED = "rejected"  # answered no
    WITHDRAWING = "withdrawing"  # withdrawn while a booking may exist: being found and taken out
    WITHDRAWN = "withdrawn"  # ended
    CANCELLING = "cancelling"  # cancelled; still to be taken out of the prison system
    CANCELLED = "cancelled"  # ended


class Event(StrEnum):
    """What can happen to a visit."""

    START = "start"  # claimed, to be judged
    AWAY = "away"  # can't be asked now, nothing open
    POST = "post"  # the reference is committed
    FOUND = "found"  # a 200, or evidence that it is ours
    REFUSED = "refused"  # a refusal that counts
    DOUBT = "doubt"  # anything else
    HAND_OVER = "hand_over"  # to staff
    REJECT = "reject"
    WITHDRAW = "withdraw"  # by the visitor, no reference open
    WITHDRAW_OPEN = "withdraw_open"  # by the visitor, a reference open
    CANCEL = "cancel"  # with a verified visit id
    CANCEL_BLIND = "cancel_blind"  # without one
    REMOVED = "removed"  # taken out of the prison system
    CLEAR = "clear"  # all references settled, none scheduled
    GIVE_UP = "give_up"  # the mailbox is told in the same commit
    STAFF_BOOKED = "staff_booked"
    STAFF_REJECTED = "staff_rejected"
    TAKE_OUT = "take_out"  # by staff, with a verified id


class PublicState(StrEnum):
    """What the frontend is told (its contract knows these five and no other)."""

    REQUESTED = "requested"
    BOOKED = "booked"
    REJECTED = "rejected"
    WITHDRAWN = "withdrawn"
    CANCELLED = "cancelled"


class AttemptState(StrEnum):
    """Where one booking reference is."""

    OPEN = "open"  # committed; perhaps posted; perhaps booked
    HELD = "held"  # exists in the prison system, and is what the visit holds
    REFUSED = "refused"
    UNSENT = "unsent"  # provably not done
    ABSENT = "absent"  # proven not to exist
    GONE = "gone"  # cancelled there, or something else under our reference
    STRAY = "stray"  # exists though its visit no longer wants it
    REMOVING = "removing"
    REMOVED = "removed"
    LEFT = "left"  # staff were told of it


class AttemptEvent(StrEnum):
    FOUND = "found"
    REFUSED = "refused"
    UNSENT = "unsent"
    ABSENT = "absent"
    ODD = "odd"
    REMOVE = "remove"
    ATTACH = "attach"
    TELL = "tell"
    REMOVED = "removed"
    GIVE_UP = "give_up"
    REPOST = "repost"  # the same reference with the same body is about to be posted again


class IllegalTransition(AssertionError):
    """A step that the tables don't allow: a bug of ours, never a person's input."""


_S, _E = Step, Event

TRANSITIONS: MappingProxyType[tuple[Step, Event], Step] = MappingProxyType(
    {
        (_S.RECEIVED, _E.START): _S.CHECKING,
        (_S.RECEIVED, _E.AWAY): _S.WAITING,
        (_S.RECEIVED, _E.HAND_OVER): _S.WITH_STAFF,
        (_S.RECEIVED, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.CHECKING, _E.POST): _S.BOOKING,
        (_S.CHECKING, _E.DOUBT): _S.IN_DOUBT,
        (_S.CHECKING, _E.AWAY): _S.WAITING,
        (_S.CHECKING, _E.REJECT): _S.REJECTED,
        (_S.CHECKING, _E.HAND_OVER): _S.WITH_STAFF,
        (_S.CHECKING, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.WAITING, _E.START): _S.CHECKING,
        (_S.WAITING, _E.HAND_OVER): _S.WITH_STAFF,
        (_S.WAITING, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.BOOKING, _E.FOUND): _S.BOOKED,
        (_S.BOOKING, _E.REFUSED): _S.CHECKING,
        (_S.BOOKING, _E.AWAY): _S.WAITING,
        (_S.BOOKING, _E.DOUBT): _S.IN_DOUBT,
        (_S.BOOKING, _E.HAND_OVER): _S.WITH_STAFF,
        (_S.BOOKING, _E.WITHDRAW_OPEN): _S.WITHDRAWING,
        (_S.IN_DOUBT, _E.FOUND): _S.BOOKED,
        (_S.IN_DOUBT, _E.POST): _S.BOOKING,
        (_S.IN_DOUBT, _E.REFUSED): _S.CHECKING,
        (_S.IN_DOUBT, _E.HAND_OVER): _S.WITH_STAFF,
        (_S.IN_DOUBT, _E.WITHDRAW_OPEN): _S.WITHDRAWING,
        (_S.WITH_STAFF, _E.POST): _S.BOOKING,
        (_S.WITH_STAFF, _E.FOUND): _S.BOOKED,
        (_S.WITH_STAFF, _E.STAFF_BOOKED): _S.BOOKED,
        (_S.WITH_STAFF, _E.STAFF_REJECTED): _S.REJECTED,
        (_S.WITH_STAFF, _E.WITHDRAW): _S.WITHDRAWN,
        (_S.WITH_STAFF, _E.WITHDRAW_OPEN): _S.WITHDRAWING,
        (_S.BOOKED, _E.CANCEL): _S.CANCELLING,
        (_S.BOOKED, _E.CANCEL_BLIND): _S.CANCELLED,
        (_S.CANCELLING, _E.REMOVED): _S.CANCELLED,
        (_S.CANCELLING, _E.GIVE_UP): _S.CANCELLED,
        (_S.WITHDRAWING, _E.FOUND): _S.WITHDRAWING,
        (_S.WITHDRAWING, _E.CLEAR): _S.WITHDRAWN,
        (_S.WITHDRAWING, _E.GIVE_UP): _S.WITHDRAWN,
        (_S.WITHDRAWN, _E.TAKE_OUT): _S.WITHDRAWING,
    }
)

PUBLIC_STATE: MappingProxyType[Step, PublicState] = MappingProxyType(
    {
        _S.RECEIVED: PublicState.REQUESTED,
        _S.CHECKING: PublicState.REQUESTED,
        _S.WAITING: PublicState.REQUESTED,
        _S.BOOKING: PublicState.REQUESTED,
        _S.IN_DOUBT: PublicState.REQUESTED,
        _S.WITH_STAFF: PublicState.REQUESTED,
        _S.BOOKED: PublicState.BOOKED,
        _S.REJECTED: PublicState.REJECTED,
        _S.WITHDRAWING: PublicState.WITHDRAWN,
        _S.WITHDRAWN: PublicState.WITHDRAWN,
        _S.CANCELLING: PublicState.CANCELLED,
        _S.CANCELLED: PublicState.CANCELLED,
    }
)

_A, _AE = AttemptState, AttemptEvent

ATTEMPT_TRANSITIONS: MappingProxyType[tuple[AttemptState, AttemptEvent], AttemptState] = MappingProxyType(
    {
        (_A.OPEN, _AE.FOUND): _A.HELD,
        (_A.OPEN, _AE.REFUSED): _A.REFUSED,
        (_A.OPEN, _AE.UNSENT): _A.UNSENT,
        (_A.OPEN, _AE.ABSENT): _A.ABSENT,
        (_A.OPEN, _AE.ODD): _A.GONE,
        (_A.REFUSED, _AE.FOUND): _A.STRAY,
        (_A.UNSENT, _AE.FOUND): _A.STRAY,
        (_A.ABSENT, _AE.FOUND): _A.STRAY,
        # Nothing was done under it, so the one reference of this choice is opened again with its stored body.
        (_A.UNSENT, _AE.REPOST): _A.OPEN,
        (_A.HELD, _AE.REMOVE): _A.REMOVING,
        (_A.STRAY, _AE.REMOVE): _A.REMOVING,
        (_A.STRAY, _AE.ATTACH): _A.HELD,
        (_A.STRAY, _AE.TELL): _A.LEFT,
        (_A.REMOVING, _AE.REMOVED): _A.REMOVED,
        (_A.REMOVING, _AE.GIVE_UP): _A.LEFT,
    }
)

UNSETTLED = frozenset({AttemptState.OPEN, AttemptState.STRAY, AttemptState.REMOVING})
"""An attempt in one of these keeps its visit from being ended by the machine."""

TURN_STEPS = frozenset({Step.CHECKING, Step.BOOKING, Step.WITHDRAWING, Step.CANCELLING})
"""Steps that hold the prisoner's turn (`in_doubt` too, where references can't be found)."""

MACHINE_STEPS = frozenset(
    {
        Step.RECEIVED,
        Step.CHECKING,
        Step.WAITING,
        Step.BOOKING,
        Step.IN_DOUBT,
        Step.WITHDRAWING,
        Step.CANCELLING,
    }
)
"""Steps that the machine must take further by itself."""


def next_step(step: Step, event: Event) -> Step:
    """Where `event` leads from `step`. Raises `IllegalTransition` for a pair that isn't in the table."""
    try:
        return TRANSITIONS[step, event]
    except KeyError:
        raise IllegalTransition(f"{step} has no {event}") from None


def next_attempt_state(state: AttemptState, event: AttemptEvent) -> AttemptState:
    """As `next_step`, for one reference."""
    try:
        return ATTEMPT_TRANSITIONS[state, event]
    except KeyError:
        raise IllegalTransition(f"attempt {state} has no {event}") from None
