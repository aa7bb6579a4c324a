"""What staff read: why a request comes to them, what was checked, what no longer agrees. English only."""

from __future__ import annotations

from typing import Final

from notifier.wording.words import humanised

WHYS: Final = {
    # where no reason for a rejection says it
    "not_real_time": "This prison answers all requests itself.",
    "prison_not_in_use": "Since the request was made, this prison was closed or switched off for bookings.",
    "not_understood": "NOMIS answered in a way that we do not understand.",
    "bad_request": "NOMIS did not accept our question.",
    "in_transit": "The prisoner is between two prisons.",
    "near_match": "A visitor is almost, but not exactly, as on the contact list.",
    "tie": "A visitor could be more than one person on the contact list, or two visitors match the same person.",
    "party_not_allowed": "The visitors’ ages or number, allowed when the request was made, are not allowed any more.",
    "refused": "NOMIS refused the booking in a way that needs a person.",
    "waited_too_long": "NOMIS could not be asked in time.",
    "in_doubt": "We sent the booking to NOMIS and do not know whether it was made.",
    "new_overlap": "Another visit at that time turned up while the visitor was waiting for an answer.",
    "stuck": "Our own work on this request failed several times.",
    # reasons that are a person's to decide
    "child_protection_issues": "Child protection issues.",
    "no_adult": "There is no adult among the visitors.",
    "no_allowance": "The prisoner has no visiting allowance left.",
    "prisoner_details_incorrect": "The prisoner number and date of birth match no active prisoner.",
    "prisoner_moved": "The prisoner is at another prison.",
    "prisoner_non_association": "Non-association.",
    "prisoner_released": "The prisoner has been released.",
    "slot_unavailable": "None of the slots asked for is available.",
    "visitor_banned": "A visitor is banned.",
    "visitor_not_on_list": "A visitor is not on the contact list.",
    "duplicate_visit_request": "There is another request for this visit.",
    "prisoner_out_of_prison": "The prisoner is out of the prison that day.",
    "other": "Another reason.",
    "visitor_other_reason": "Another reason to do with a visitor.",
    "prisoner_banned": "The prisoner may not have visits that day.",
    "closed_visit": "It would have to be a closed visit.",
}

NOT_REMOVED: Final = {
    "not_answered": "NOMIS could not be reached in time.",
    "not_found": "NOMIS does not find the visit.",
    "no_visit_id": "We do not know the number of this visit in NOMIS.",
    "completed": "NOMIS says that the visit has taken place.",
    "invalid_code": "NOMIS did not accept the reason of the cancellation.",
    "locked": "The record was locked in NOMIS.",
    "in_transit": "The prisoner is between two prisons.",
    "unknown": "NOMIS answered in a way that we do not understand.",
    "stuck": "Our own work on it failed several times.",
}

DRIFTS: Final = {
    "unproven": "A visit at a time that this visitor asked for has turned up in NOMIS. "
    "It may be a booking of ours, or one made by hand.",
    "stray_removed": "A booking of ours that nobody expected any more turned up in NOMIS.",
    "stray_left": "A booking of ours that should not be there is in NOMIS, and we could not take it out.",
    "missing": "NOMIS no longer has this visit.",
    "cancelled": "The visit was cancelled in NOMIS; here it is still booked.",
    "moved": "The visit was moved to another time in NOMIS.",
    "prisoner_moved": "The prisoner has moved to another prison.",
    "prisoner_released": "NOMIS has no active prisoner with this number and date of birth any more.",
    "other_party": "NOMIS has other visitors for this visit.",
}

_DRIFT_STEPS: Final = {
    "unproven": "We have not touched it. Please check in NOMIS whether it is wanted, and cancel it there if not.",
    "stray_removed": "We have taken it out again. You do not need to do anything.",
    "stray_left": "Please cancel it in NOMIS.",
}
_CHECK_IT: Final = (
    "We have changed nothing and told the visitor nothing. Please check this visit in NOMIS and, where it is needed, "
    "write to the visitor or cancel the visit."
)

RESULTS: Final = {"pass": "Pass", "fail": "Fail", "unknown": "Unknown"}


def why_words(code: str) -> str:
    """Why it comes to staff, a sentence."""
    return WHYS.get(code) or f"{humanised(code)}."


def check_name(name: str, subject: str = "") -> str:
    """What was checked, and of whom or what: `On the contact list (visitor 2)`. The rules name checks in words."""
    words = humanised(name)
    return f"{words} ({subject})" if subject else words


def result_word(result: str) -> str:
    """`Pass`, `Fail`, `Unknown`."""
    return RESULTS.get(result) or humanised(result)


def not_removed_words(code: str) -> str:
    """Why we could not take a visit out of NOMIS, a sentence."""
    return NOT_REMOVED.get(code) or f"{humanised(code)}."


def drift_words(code: str) -> str:
    """What no longer agrees, a sentence or two."""
    return DRIFTS.get(code) or f"{humanised(code)}."


def drift_step(code: str) -> str:
    """What staff should do about it."""
    return _DRIFT_STEPS.get(code, _CHECK_IT)
