"""Why a request was rejected, as the visitor reads it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from notifier.content import Language
from notifier.wording.words import Words

NEUTRAL: Final = "visit_not_possible"

REJECTIONS: Final = {
    NEUTRAL: Words(
        "The visit cannot take place on the dates you chose.",
        "Ni ellir cynnal yr ymweliad ar y dyddiadau a ddewisoch.",
    ),
    "no_adult": Words(
        "At least one of the visitors must be 18 or over.",
        "Rhaid i o leiaf un o’r ymwelwyr fod yn 18 oed neu’n hŷn.",
    ),
    "no_allowance": Words(
        "The prisoner has no visiting allowance left for the dates you chose.",
        "Nid oes gan y carcharor lwfans ymweld ar ôl ar gyfer y dyddiadau a ddewisoch.",
    ),
    "prisoner_details_incorrect": Words(
        "The prisoner number or the date of birth does not match our records. "
        "Check both with the prisoner and make a new request.",
        "Nid yw rhif y carcharor neu’r dyddiad geni yn cyd-fynd â’n cofnodion. "
        "Gwiriwch y ddau gyda’r carcharor a gwnewch gais newydd.",
    ),
    "prisoner_moved": Words(
        "The prisoner has moved to another prison.",
        "Mae’r carcharor wedi symud i garchar arall.",
    ),
    "prisoner_released": Words(
        "The prisoner has been released.",
        "Mae’r carcharor wedi cael ei ryddhau.",
    ),
    "slot_unavailable": Words(
        "The dates and times you chose are not available.",
        "Nid yw’r dyddiadau a’r amseroedd a ddewisoch ar gael.",
    ),
    "visitor_banned": Words(
        "One or more of the visitors are banned from visiting at the moment.",
        "Mae un neu fwy o’r ymwelwyr wedi’u gwahardd rhag ymweld ar hyn o bryd.",
    ),
    "visitor_not_on_list": Words(
        "One or more of the visitors are not on the prisoner’s contact list. "
        "Each name and date of birth must be the same as on the list. Ask the prisoner to check the list.",
        "Nid yw un neu fwy o’r ymwelwyr ar restr gyswllt y carcharor. "
        "Rhaid i bob enw a dyddiad geni fod yr un fath ag ar y rhestr. Gofynnwch i’r carcharor wirio’r rhestr.",
    ),
    "duplicate_visit_request": Words(
        "We already have a request for this visit.",
        "Mae gennym gais am yr ymweliad hwn eisoes.",
    ),
}

LEFT_OUT: Final = frozenset({"other", "visitor_other_reason"})
"""There is nothing to say about these beyond what staff wrote."""


def rejection_reasons(codes: Iterable[str], language: Language) -> tuple[str, ...]:
    """The sentences for these codes, each once, in their order.

    A code without words of its own gets the neutral ones: it may be about the prisoner, and a visitor must not read it
    here.
    """
    shown = (code if code in REJECTIONS else NEUTRAL for code in codes if code not in LEFT_OUT)
    return tuple(REJECTIONS[code].in_(language) for code in dict.fromkeys(shown))
