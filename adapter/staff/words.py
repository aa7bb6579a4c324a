"""What codes mean to staff, in words. English only."""

from __future__ import annotations

from typing import Final

from adapter.booking.staffing_views import NotDone, ReferenceLook, Why
from notifier.dates import slot_text
from notifier.wording import cancellation_reasons_for_staff, why_words

REJECTIONS: Final = {
    "no_allowance": "The prisoner has no visiting allowance left",
    "slot_unavailable": "None of the chosen times is available",
    "prisoner_details_incorrect": "The prisoner’s number or date of birth is wrong",
    "prisoner_moved": "The prisoner has moved to another prison",
    "prisoner_released": "The prisoner has been released",
    "prisoner_out_of_prison": "The prisoner is out of the prison that day",
    "prisoner_banned": "The prisoner may not have visits",
    "prisoner_non_association": "Non-association",
    "child_protection_issues": "Child protection issues",
    "visitor_not_on_list": "A visitor is not on the contact list",
    "visitor_banned": "A visitor is banned",
    "no_adult": "There is no adult among the visitors",
    "duplicate_visit_request": "There is another request for this visit",
    "visitor_other_reason": "Another reason to do with a visitor (tell them in the message)",
    "other": "Another reason (tell them in the message)",
}
"""In the order of the form. The list is the rules'; a test compares."""

NEUTRAL_HINT: Final = (
    "For reasons that say something about the prisoner (non-association, child protection, out of the prison, may not "
    "have visits) the visitor only reads that the visit can’t take place."
)

STATES: Final = {
    "with_staff": "Waiting for your answer",
    "under_way": "We are working on it",
    "booked": "Booked",
    "rejected": "Rejected",
    "withdrawn": "Withdrawn by the visitor",
    "cancelled": "Cancelled",
}

_EVENTS: Final = {
    "arrive": "Request received",
    "start": "Checks begun",
    "away": "NOMIS could not be asked",
    "post": "Booking sent to NOMIS",
    "found": "Found booked in NOMIS",
    "refused": "NOMIS refused the booking",
    "doubt": "No usable answer from NOMIS",
    "hand_over": "Handed to staff",
    "reject": "Rejected automatically",
    "withdraw": "Withdrawn",
    "withdraw_open": "Withdrawn; taking it out of NOMIS",
    "cancel": "Cancelled; taking it out of NOMIS",
    "cancel_blind": "Cancelled",
    "removed": "Taken out of NOMIS",
    "clear": "Nothing is left in NOMIS",
    "give_up": "The mailbox was told to take it out of NOMIS",
    "staff_booked": "Booked in NOMIS by staff",
    "staff_rejected": "Rejected",
    "take_out": "Asked to take it out of NOMIS",
    "taken_out": "Taken out of NOMIS",
    "claimed": "Started work on it",
    "released": "Gave it back",
    "message": "Message sent to the visitor",
    "attached": "The booking in NOMIS was recognised as ours",
    "stray_found": "A booking nobody expected was found in NOMIS",
    "stray_removed": "That booking was taken out of NOMIS",
    "stray_left": "That booking could not be taken out; the mailbox was told",
    "unproven": "A visit at that time was found in NOMIS; the mailbox was told",
    "removing": "Taking it out of NOMIS",
    "reference_removed": "Taken out of NOMIS",
    "reference_absent": "Our reference is not in NOMIS",
    "reference_odd": "Under our reference NOMIS has something else",
}

_WHO: Final = {"machine": "This service", "visitor": "The visitor"}

_DEAD: Final = {
    "visitor_booked": "the confirmation",
    "visitor_requested": "the receipt",
    "visitor_rejected": "the rejection",
    "visitor_message": "a message",
    "visitor_withdrawn": "the confirmation of the withdrawal",
    "visitor_cancelled": "the notice of the cancellation",
    "staff_request": "the request",
}

_REFUSED_BY_NOMIS: Final = {
    "offender_banned": "NOMIS says that the prisoner may not have visits.",
    "lead_not_approved": "NOMIS says that the lead visitor is not approved.",
    "lead_banned": "NOMIS says that the lead visitor is banned.",
    "lead_not_adult": "NOMIS says that the lead visitor is not an adult.",
    "visitor_not_approved": "NOMIS says that a visitor is not approved.",
    "at_capacity": "NOMIS says that the slot is full.",
    "overlapping": "NOMIS says that another visit of the prisoner overlaps.",
    "no_such_slot": "NOMIS says that there is no such slot.",
    "no_vo": "NOMIS says that there is no visit order left.",
    "no_pvo": "NOMIS says that there is no privileged visit order left.",
    "no_vo_or_pvo": "NOMIS says that there is no visit order left.",
    "closed_visits": "NOMIS says that it would have to be a closed visit.",
    "offender_not_found": "NOMIS does not find the prisoner.",
    "locked": "Somebody has the record open in NOMIS. Try again when it is closed.",
    "unknown": "NOMIS refused the booking in a way that we do not understand.",
}


def state(code: str) -> str:
    return STATES[code]


def event(code: str) -> str:
    return _EVENTS.get(code, code.replace("_", " ").capitalize())


def who(text: str) -> str:
    return _WHO.get(text, text)


def dead_letter(kind: str) -> str:
    """What could not be delivered."""
    return _DEAD.get(kind, "an email")


def cancellation(code: str) -> str:
    return cancellation_reasons_for_staff((code,))[0]


def rejection(code: str) -> str:
    return REJECTIONS.get(code, "The visit can’t take place")


def seen(look: ReferenceLook) -> str:
    """What NOMIS shows about one reference, a sentence."""
    number = f" as visit {look.nomis_visit_id}" if look.nomis_visit_id is not None else ""
    said = {
        "found": f"It is in NOMIS{number}.",
        "nothing": "It is not in NOMIS at the moment.",
        "cancelled": f"It is in NOMIS{number}, cancelled.",
        "candidate": f"A new visit of this prisoner is at that time{number}; it may be this booking.",
        "unclear": "NOMIS’ answer proves nothing: look for it by hand.",
        "away": "NOMIS could not be asked: look for it by hand.",
    }
    return said[look.seen]


def not_done(answer: NotDone) -> str:
    """Why nothing was done, and what to do now; of several reasons all."""
    match answer.why:
        case Why.RULES:
            return " ".join(["This can’t be booked.", *(_rule(code) for code in answer.reasons)])
        case Why.IN_DOUBT:
            found = " ".join(
                f"Reference {look.reference} ({slot_text(look.slot, 'en')}): {seen(look)}" for look in answer.looks
            )
            return f"An earlier booking of ours may be in NOMIS, so another can’t be sent. {found}".strip()
        case _:
            return _NOT_DONE[answer.why]


def _rule(code: str) -> str:
    return _REFUSED_BY_NOMIS.get(code) or why_words(code)


_NOT_DONE: Final = {
    Why.NOT_STARTED: "Start before you answer, so that nobody else does the same work.",
    Why.LOOK_FIRST: "A booking of ours may be in NOMIS. Read what NOMIS shows, then send your answer again. "
    "A booking of ours that turns up later will be taken out.",
    Why.AWAY: "NOMIS can’t be asked at the moment. Try again later, or book it in NOMIS by hand.",
    Why.BUSY: "Another request for this prisoner or this slot is being dealt with first. Try again in a minute.",
    Why.NO_SUCH_SLOT: "Choose a slot from the list.",
    Why.NO_SUCH_VISIT: "NOMIS has no visit with this number for this prisoner at this slot.",
    Why.OTHERS_VISIT: "The visit with this number belongs to another request.",
    Why.BEGUN: "The visit has begun and can’t be cancelled any more.",
}
