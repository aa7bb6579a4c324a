"""Why a visit was cancelled, as the visitor reads it and as staff do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notifier.content import Language
from notifier.wording.words import Words, humanised

BY_VISITOR: Final = "visitor_cancelled"

_NEUTRAL: Final = Words("The visit cannot take place.", "Ni ellir cynnal yr ymweliad.")

CANCELLATIONS: Final = {
    BY_VISITOR: Words("You cancelled the visit.", "Chi wnaeth ganslo’r ymweliad."),
    "prisoner_vos": Words(
        "The prisoner has no visiting allowance left.",
        "Nid oes gan y carcharor lwfans ymweld ar ôl.",
    ),
    "prisoner_released": Words("The prisoner has been released.", "Mae’r carcharor wedi cael ei ryddhau."),
    "child_protection_issues": _NEUTRAL,
    "slot_unavailable": Words(
        "That date and time is no longer available.",
        "Nid yw’r dyddiad a’r amser hwnnw ar gael mwyach.",
    ),
    "visitor_banned": Words(
        "One or more of the visitors are banned from visiting at the moment.",
        "Mae un neu fwy o’r ymwelwyr wedi’u gwahardd rhag ymweld ar hyn o bryd.",
    ),
    "prisoner_moved": Words(
        "The prisoner has moved to another prison.",
        "Mae’r carcharor wedi symud i garchar arall.",
    ),
    "prisoner_non_association": _NEUTRAL,
    "prisoner_cancelled": Words("The prisoner cancelled the visit.", "Y carcharor wnaeth ganslo’r ymweliad."),
    "booked_in_error": Words("The visit was booked by mistake.", "Cafodd yr ymweliad ei drefnu drwy gamgymeriad."),
    "capacity_issues": Words(
        "There is not enough room at the prison for all the visits at that time.",
        "Nid oes digon o le yn y carchar i’r holl ymweliadau ar yr adeg honno.",
    ),
}

_STAFF: Final = {
    BY_VISITOR: "The visitor cancelled it",
    "prisoner_vos": "No visiting allowance left",
    "prisoner_released": "Prisoner released",
    "child_protection_issues": "Child protection issues",
    "slot_unavailable": "Slot no longer available",
    "visitor_banned": "Visitor banned",
    "prisoner_moved": "Prisoner moved",
    "prisoner_non_association": "Non-association",
    "prisoner_cancelled": "The prisoner cancelled it",
    "booked_in_error": "Booked in error",
    "capacity_issues": "Not enough room",
}


def cancellation_reasons(codes: Iterable[str], language: Language) -> tuple[str, ...]:
    """The sentences for these codes, each once, in their order; neutral for a code without words of its own."""
    return tuple(dict.fromkeys(CANCELLATIONS.get(code, _NEUTRAL).in_(language) for code in codes))


def cancellation_reasons_for_staff(codes: Iterable[str]) -> tuple[str, ...]:
    """The same for staff, who may know."""
    return tuple(_STAFF.get(code) or humanised(code) for code in codes)
