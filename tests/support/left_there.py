"""What may stay scheduled although its visit ended otherwise: only what staff were told to take out."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any


def left_to_staff(
    visit: Mapping[str, Any],
    held: Sequence[tuple[int, str]],
    tries: Sequence[Mapping[str, Any]],
    to_mailbox: Collection[str],
    *,
    by_reference: bool,
) -> bool:
    """Whether that is so of all that is `held` there (ids, and references of ours).

    The prison system would not give it up; or, without find-by-reference, nothing proves it ours: then staff heard that
    it may be there when we gave up, before they answered the request themselves, or, if they were quicker than the
    email with the request (their page shows the doubt too), that it was seen there after all.
    """
    by_name = {item["reference"]: item for item in tries}
    for number, reference in held:
        item = by_name[reference]
        given_up = item["state"] == "left" and item["nomis_visit_id"] == number
        unproven = not by_reference and item["state"] == "open" and item["nomis_visit_id"] is None
        heard = "staff_request" in to_mailbox or "staff_drift" in to_mailbox
        answered = visit["answered_by"] and item["doubted"] and heard
        if not (given_up or (unproven and ("staff_cancelled" in to_mailbox or answered))):
            return False
    return True
