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

DRIFTS: Final = {
    "missing": "NOMIS no longer has this visit.",
    "cancelled": "The visit was cancelled in NOMIS; here it is still booked.",
    "moved": "The visit was moved to another time in NOMIS.",
    "prisoner_moved": "The prisoner has moved to another prison.",
    "prisoner_released": "The prisoner has been released.",
    "other_party": "NOMIS has other visitors for this visit.",
    "other_slot": "NOMIS has this visit at another time.",
    "other_prison": "NOMIS has this visit at another prison.",
    "left": "A booking of ours that should be gone may still be in NOMIS, and we could not take it out.",
    "stray": "A booking of ours that nobody expects any more turned up in NOMIS.",
}

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


def drift_words(code: str) -> str:
    """What no longer agrees, a sentence."""
    return DRIFTS.get(code) or f"{humanised(code)}."
